import { setTimeout as pause } from 'node:timers/promises'
import { type ReadOptions, TookTooLong, type TopicReader, within } from '@shop/messaging/driver'
import type { Connection } from './connection.ts'
import { type After, type ReadShare, sharesOf } from './read-share.ts'
import { lastMessage, offsetOf } from './streams.ts'

const stopMsMax = 5_000
const prefetch = 1_000
const recordsPerCallMax = 500
const retryDelayMs = 500

export interface StreamReader extends TopicReader {
  /** False while the broker is away. */
  isReading(): boolean
  /** Messages between where it is and the end, per topic. @throws when no broker answers. */
  behind(): Promise<Readonly<Record<string, number>>>
}

/**
 * Reads the streams of topics. Nothing of it is kept on the broker: where it is, it knows itself.
 * @param after goes on behind these instead of beginning where the options say.
 */
export const readTopics = (open: () => Promise<Connection>, options: ReadOptions, after?: After): StreamReader => {
  const reading = new Reading(open, options, after)
  const ended = reading.run()
  const started = Promise.race([reading.started, ended])
  for (const promise of [started, ended]) promise.catch(() => {}) // who does not wait for it need not hear of it
  const { signal } = options
  if (signal?.aborted) reading.finish()
  signal?.addEventListener('abort', reading.finish, { once: true })
  return {
    started,
    ended,
    caughtUp: () => reading.isCaughtUp,
    isReading: () => reading.isReading,
    behind: () => reading.behind(),
    stop: async () => {
      reading.finish()
      await within(stopMsMax, 'stopping the reader', ended).catch(() => {})
    },
  }
}

class Reading {
  readonly #open: () => Promise<Connection>
  readonly #options: ReadOptions
  readonly #start = Promise.withResolvers<void>()
  readonly #over = new AbortController()
  #wake = Promise.withResolvers<void>()
  #shares: readonly ReadShare[] | undefined
  #broken: Error | undefined

  readonly #after: After | undefined
  #connection: Connection | undefined

  constructor(open: () => Promise<Connection>, options: ReadOptions, after: After | undefined) {
    this.#open = open
    this.#options = options
    this.#after = after
  }

  get started(): Promise<void> {
    return this.#start.promise
  }

  get isCaughtUp(): boolean {
    return this.#shares?.every((share) => share.isCaughtUp) ?? false
  }

  get isReading(): boolean {
    return this.#connection?.isOpen() ?? false
  }

  async behind(): Promise<Readonly<Record<string, number>>> {
    const [connection, shares] = [this.#connection, this.#shares]
    if (connection === undefined || shares === undefined) throw new Error('nothing is read')
    const of = async (share: ReadShare) =>
      [share.topic, share.behind(offsetOf(await lastMessage(connection, share.topic)))] as const
    return Object.fromEntries(await Promise.all(shares.map(of)))
  }

  readonly finish = (): void => {
    this.#over.abort()
    this.#wake.resolve()
  }

  async run(): Promise<void> {
    const goesOn = this.#options.until === 'stopped'
    while (!this.#over.signal.aborted) {
      try {
        await this.#readOnce()
        return
      } catch (error) {
        const isLost = this.#connection === undefined || this.#broken !== undefined
        if (!goesOn || !isLost || this.#shares === undefined) throw error
        await pause(retryDelayMs, undefined, { signal: this.#over.signal }).catch(() => {})
      }
    }
  }

  async #readOnce(): Promise<void> {
    this.#broken = undefined
    this.#connection = undefined
    const connection = await this.#open()
    this.#connection = connection
    void connection.ended.then(this.#lose)
    try {
      this.#shares ??= await sharesOf(connection, this.#options, this.#after)
      await this.#consume(connection, this.#shares)
      this.#start.resolve()
      await this.#pump(this.#shares)
    } finally {
      await connection.close()
    }
  }

  readonly #lose = (error: Error): void => {
    this.#broken ??= error
    this.#wake.resolve()
  }

  async #consume(connection: Connection, shares: readonly ReadShare[]): Promise<void> {
    const onArrival = () => this.#wake.resolve()
    await Promise.all(
      shares
        .filter((share) => !share.isFinished)
        .map(async (share) => {
          const channel = await connection.channel()
          channel.on('error', this.#lose)
          await channel.prefetch(prefetch)
          await share.consume(channel, onArrival, this.#lose)
        }),
    )
  }

  async #pump(shares: readonly ReadShare[]): Promise<void> {
    const { until, onRecords, silenceMsMax = 30_000 } = this.#options
    let heardAt = performance.now()
    let turn = 0
    while (!this.#over.signal.aborted && shares.some((share) => !share.isFinished)) {
      if (this.#broken !== undefined) throw this.#broken
      const share = inTurn(shares, turn++)
      if (share === undefined) {
        if (until === 'end' && performance.now() - heardAt > silenceMsMax)
          throw new TookTooLong(`no more records came for ${silenceMsMax / 1_000} s`)
        await this.#somethingNew()
        continue
      }
      const { records, passed } = share.take(recordsPerCallMax)
      if (records.length > 0) await onRecords(records)
      passed()
      heardAt = performance.now()
    }
  }

  async #somethingNew(): Promise<void> {
    await Promise.race([this.#wake.promise, pause(1_000, undefined, { ref: false })])
    this.#wake = Promise.withResolvers<void>()
    if (this.#over.signal.aborted || this.#broken !== undefined) this.#wake.resolve()
  }
}

/** The next one that has something: none waits because another one always has. */
const inTurn = (shares: readonly ReadShare[], turn: number): ReadShare | undefined => {
  for (let i = 0; i < shares.length; i++) {
    const share = shares[(turn + i) % shares.length]
    if (share?.hasWaiting) return share
  }
  return undefined
}
