import { setTimeout as pause } from 'node:timers/promises'
import { type ReadOptions, TookTooLong, type TopicReader, within } from '@shop/messaging/driver'
import type { Connection } from './connection.ts'
import { type ReadShare, sharesOf } from './read-share.ts'

const stopMsMax = 5_000
const prefetch = 1_000
const recordsPerCallMax = 500
const retryDelayMs = 500

/** Reads the streams of topics. Nothing of it is kept on the broker: where it is, it knows itself. */
export const readTopics = (open: () => Promise<Connection>, options: ReadOptions): TopicReader => {
  const reading = new Reading(open, options)
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

  constructor(open: () => Promise<Connection>, options: ReadOptions) {
    this.#open = open
    this.#options = options
  }

  get started(): Promise<void> {
    return this.#start.promise
  }

  get isCaughtUp(): boolean {
    return this.#shares?.every((share) => share.isCaughtUp) ?? false
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
        const isLost = this.#broken !== undefined || this.#shares === undefined
        if (!goesOn || !isLost || (this.#shares === undefined && isForGood(error))) throw error
        await pause(retryDelayMs, undefined, { signal: this.#over.signal }).catch(() => {})
      }
    }
  }

  async #readOnce(): Promise<void> {
    this.#broken = undefined
    const connection = await this.#open()
    void connection.ended.then(this.#lose)
    try {
      this.#shares ??= await sharesOf(connection, this.#options)
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
    while (!this.#over.signal.aborted && shares.some((share) => !share.isFinished)) {
      if (this.#broken !== undefined) throw this.#broken
      const share = shares.find((each) => each.hasWaiting)
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

const isForGood = (error: unknown): boolean => (error as Error).name === 'NoSuchTopic'
