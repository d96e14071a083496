/** Kafka Connect's REST API, as far as it is used here: https://kafka.apache.org/41/documentation.html#connect_rest */
import { z } from 'zod'

const answerMsMax = 10_000

/** What Connect answered instead of doing it. */
export class ConnectRefusal extends Error {
  override name = 'ConnectRefusal'
  readonly status: number

  constructor(status: number, reason: string) {
    super(`Kafka Connect says ${status}: ${reason}`)
    this.status = status
  }
}

const state = z.object({ state: z.string(), trace: z.string().optional() })
const connectorStatus = z.object({ connector: state, tasks: z.array(state.extend({ id: z.number() })) })
export type ConnectorStatus = z.output<typeof connectorStatus>

export interface ConnectRest {
  connectors(): Promise<readonly string[]>
  /** Creates the connector, or changes it; nothing happens when it is so already. */
  put(name: string, config: Readonly<Record<string, string>>): Promise<void>
  /** undefined while there is none of this name, or its state is not known yet */
  status(name: string): Promise<ConnectorStatus | undefined>
  /** Starts what failed again, the connector and its tasks. */
  restart(name: string): Promise<void>
  remove(name: string): Promise<void>
}

/** Every call is bounded to 10 s. @throws ConnectRefusal; what fetch throws while nobody answers */
export const connectRest = (url: string): ConnectRest => {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      signal: AbortSignal.timeout(answerMsMax),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    if (response.ok) return text === '' ? undefined : JSON.parse(text)
    throw new ConnectRefusal(response.status, reasonIn(text))
  }
  const at = (name: string) => `/connectors/${encodeURIComponent(name)}`
  return {
    connectors: async () => z.array(z.string()).parse(await call('GET', '/connectors')),
    put: async (name, config) => void (await call('PUT', `${at(name)}/config`, config)),
    status: async (name) => {
      try {
        return connectorStatus.parse(await call('GET', `${at(name)}/status`))
      } catch (error) {
        if (error instanceof ConnectRefusal && error.status === 404) return undefined
        throw error
      }
    },
    restart: async (name) => void (await call('POST', `${at(name)}/restart?includeTasks=true&onlyFailed=true`)),
    remove: async (name) => void (await call('DELETE', at(name))),
  }
}

const reasonIn = (text: string): string => {
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(text)).message.slice(0, 1_000)
  } catch {
    return text.slice(0, 200)
  }
}
