import { within } from '@shop/messaging/driver'
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from 'amqplib'

export interface ConnectOptions {
  /** `amqp://user:password@host:port/vhost`; several are asked one after the other. */
  readonly urls: readonly string[]
  /** Shown by the broker's tools. */
  readonly clientId: string
}

/** An open connection. It ends by `close`, or when the broker is not heard any more. */
export interface Connection {
  /** True until it ended. */
  isOpen(): boolean
  /** Resolves with the reason when it ended; never rejects. */
  readonly ended: Promise<Error>
  channel(): Promise<Channel>
  confirmChannel(): Promise<ConfirmChannel>
  /** Bounded; never rejects. */
  close(): Promise<void>
}

const connectMsMax = 5_000
const closeMsMax = 2_000
/** Half of what a broker waits for somebody who says nothing. */
const heartbeatS = 5
const frameBytesMax = 131_072

/** @throws the error of the last of the addresses. */
export const openConnection = async ({ urls, clientId }: ConnectOptions): Promise<Connection> => {
  let failure: unknown = new TypeError('no address of a broker')
  for (const url of urls) {
    try {
      return connectionOn(await connectTo(url, clientId))
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const connectTo = async (url: string, clientId: string): Promise<ChannelModel> => {
  const { hostname, port } = new URL(url)
  const address = new URL(url)
  address.searchParams.set('heartbeat', String(heartbeatS))
  address.searchParams.set('frameMax', String(frameBytesMax))
  const connecting = connect(address.href, {
    noDelay: true,
    timeout: connectMsMax,
    clientProperties: { connection_name: clientId },
  })
  try {
    return await within(connectMsMax + 1_000, `connecting to RabbitMQ at ${hostname}:${port}`, connecting)
  } catch (error) {
    connecting.then((late) => late.close()).catch(() => {})
    throw error
  }
}

const connectionOn = (model: ChannelModel): Connection => {
  const ended = Promise.withResolvers<Error>()
  let open = true
  const end = (error: Error) => {
    open = false
    ended.resolve(error)
  }
  model.on('error', end)
  model.on('close', (error) => end(error ?? new Error('the connection is closed')))
  return {
    isOpen: () => open,
    ended: ended.promise,
    channel: async () => quiet(await model.createChannel()),
    confirmChannel: async () => quiet(await model.createConfirmChannel()),
    close: async () => {
      if (open) await within(closeMsMax, 'closing the connection', model.close()).catch(() => {})
      end(new Error('the connection is closed'))
    },
  }
}

/** An error of a channel is told to whoever has asked it something; without a listener it would end the process. */
const quiet = <C extends Channel>(channel: C): C => {
  channel.on('error', () => {})
  return channel
}

/** The broker's reply code of an error; `undefined` when it has none. */
export const replyCodeOf = (error: unknown): number | undefined => (error as { readonly code?: number }).code
const notFound = 404
export const locked = 405

/** Asks on a channel of its own, which an error of the broker would close for others. */
export const onChannel = async <T>(connection: Connection, ask: (channel: Channel) => Promise<T>): Promise<T> => {
  const channel = await connection.channel()
  try {
    return await ask(channel)
  } finally {
    await channel.close().catch(() => {}) // the broker may have closed it
  }
}

/** `undefined` when there is no such queue. */
export const queueState = (connection: Connection, queue: string) =>
  onChannel(connection, (channel) => channel.checkQueue(queue)).catch((error) => {
    if (replyCodeOf(error) === notFound) return undefined
    throw error
  })
