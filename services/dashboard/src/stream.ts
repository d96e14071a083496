import type { ServerResponse } from 'node:http'
import type { StreamMessages } from './api.ts'
import type { Feed, Sent } from './feed.ts'
import { sagaView } from './saga-view.ts'
import type { Store } from './store.ts'

/** Bytes that may wait for one reader; beyond, it gets nothing until it has read them, and then a snapshot. */
const waitingBytesMax = 256 * 1_024
const heartbeatMs = 10_000
/** A reader that does not read for so long is let go; its browser connects again by itself. */
const stalledMsMax = 60_000
const retryMs = 1_000

/** Of all clients. */
export const readersMax = 100
/** Of one client: windows of a browser that stay open, with some to spare. */
export const readersOfClientMax = 20

export interface StreamOptions {
  readonly feed: Feed
  readonly store: Store
  /** Is told what went wrong with one reader; the others have theirs all the same. Default nobody. */
  readonly onError?: (error: unknown) => void
}

interface Reader {
  readonly res: ServerResponse
  readonly client: string
  readonly orderId: string | undefined
  /** Since when it has not read what was sent; undefined while it keeps up. */
  stalledAt: number | undefined
}

/**
 * Tells clients apart that share seats: by address and user agent, since on loopback, and behind a gateway, all have one address. It keeps a
 * page that opens streams without end, or a script in a loop, from taking the seats of others. Who changes the user agent each time gets past;
 * nothing that an unknown client sends would hold that one.
 */
export const clientOf = (address: string | undefined, userAgent: string | undefined): string =>
  `${address ?? ''} ${(userAgent ?? '').slice(0, 300)}`

/** The readers of the one stream. What waits for a reader is bounded: it is the kernel's buffers and 256 KiB. */
export class Stream {
  readonly #feed: Feed
  readonly #store: Store
  readonly #readers = new Set<Reader>()
  readonly #heartbeat: NodeJS.Timeout
  readonly #unlisten: () => void
  readonly #onError: (error: unknown) => void

  constructor({ feed, store, onError = () => {} }: StreamOptions) {
    this.#feed = feed
    this.#onError = onError
    this.#store = store
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref()
    this.#unlisten = feed.listen((sent, changed) => {
      for (const reader of this.#readers) this.#safely(() => this.#pass(reader, sent, changed))
    })
  }

  get readers(): number {
    return this.#readers.size
  }

  /** Bytes that wait for readers in this process. */
  get waitingBytes(): number {
    return [...this.#readers].reduce((sum, { res }) => sum + res.writableLength, 0)
  }

  /**
   * Answers with the stream, from after `lastEventId` when that is still known.
   * @param by the client that asks; see `clientOf`.
   * @returns who has too many readers already, the client or all together; nothing was sent then.
   */
  open(
    res: ServerResponse,
    by: string,
    { orderId, lastEventId }: { orderId?: string | undefined; lastEventId?: string | undefined },
  ): 'open' | 'client-full' | 'full' {
    const ofClient = [...this.#readers].filter(({ client }) => client === by).length
    if (ofClient >= readersOfClientMax) return 'client-full'
    if (this.#readers.size >= readersMax) return 'full'
    res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' })
    res.write(`retry: ${retryMs}\n\n`)
    const reader: Reader = { res, client: by, orderId, stalledAt: undefined }
    // No wait between these: a frame would fall in between.
    this.#readers.add(reader)
    res.once('close', () => this.#readers.delete(reader))
    res.on('drain', () => this.#safely(() => this.#caughtUp(reader)))
    const missed = lastEventId === undefined ? undefined : this.#feed.since(lastEventId)
    this.#saga(reader)
    if (missed === undefined) this.#snapshot(reader)
    else for (const sent of missed) this.#frame(reader, sent)
    return 'open'
  }

  /** Sends to all readers that keep up, without an id: who misses it gets the next one. */
  tell<Name extends 'pulse'>(name: Name, message: StreamMessages[Name]): void {
    const text = JSON.stringify(message)
    for (const reader of this.#readers) this.#write(reader, name, text)
  }

  close(): void {
    clearInterval(this.#heartbeat)
    this.#unlisten()
    for (const { res } of this.#readers) res.end()
  }

  /** In timers and listeners of sockets, where what is thrown would end the process. */
  #safely(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#onError(error)
    }
  }

  #pass(reader: Reader, sent: Sent, changed: ReadonlySet<string>): void {
    // Before the frame and without its id: cut off in between, the reader asks for this frame again and gets the saga with it.
    if (reader.orderId !== undefined && changed.has(reader.orderId)) this.#saga(reader)
    this.#frame(reader, sent)
  }

  #frame(reader: Reader, { id, text }: Sent): void {
    this.#write(reader, 'frame', text, id)
  }

  #snapshot(reader: Reader): void {
    this.#write(reader, 'snapshot', JSON.stringify(this.#feed.snapshot()), this.#feed.id)
  }

  #saga(reader: Reader): void {
    const { orderId } = reader
    if (orderId === undefined) return
    const saga = sagaView(this.#store, orderId)
    if (saga === undefined) this.#write(reader, 'saga-unknown', JSON.stringify({ orderId }))
    else this.#write(reader, 'saga', JSON.stringify(saga))
  }

  #write(reader: Reader, name: keyof StreamMessages, text: string, id?: string): void {
    const { res } = reader
    if (reader.stalledAt !== undefined || res.writableEnded) return
    if (res.writableLength > waitingBytesMax) {
      reader.stalledAt = performance.now()
      return
    }
    res.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${text}\n\n`)
  }

  /** Everything that was sent has been read. */
  #caughtUp(reader: Reader): void {
    if (reader.stalledAt === undefined) return
    reader.stalledAt = undefined
    this.#saga(reader)
    this.#snapshot(reader)
  }

  #beat(): void {
    for (const reader of this.#readers) {
      if (reader.stalledAt === undefined) reader.res.write(': beat\n\n')
      else if (performance.now() - reader.stalledAt > stalledMsMax) reader.res.destroy()
    }
  }
}
