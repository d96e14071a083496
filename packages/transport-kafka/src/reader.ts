import { randomUUID } from 'node:crypto'
import { type ReadOptions, TookTooLong, type TopicReader, within } from '@shop/messaging/driver'
import type { Batch, Consumer, Kafka } from 'kafkajs'
import { askThrough } from './asking.ts'
import { ReadingProgress, sharesOf } from './reading-progress.ts'

const startMsMax = 30_000
const stopMsMax = 5_000
const fetchBytesPerPartitionMax = 1 << 20

/**
 * Reads topics in a consumer group of its own, which is deleted afterwards: kafkajs cannot read without one. It commits nothing, and begins
 * in each partition where it is by its own count.
 * @param name of the reader: its group's name begins with it.
 */
export const readTopics = (kafka: Kafka, name: string, options: ReadOptions): TopicReader => {
  const reading = new Reading(kafka, `${name}-${randomUUID()}`, options)
  const ended = reading.run()
  const started = Promise.race([reading.started, ended])
  for (const promise of [started, ended]) promise.catch(() => {}) // who does not wait for it need not hear of it
  const { signal } = options
  if (signal?.aborted) reading.finish()
  signal?.addEventListener('abort', reading.finish, { once: true })
  return {
    started,
    ended,
    caughtUp: () => reading.progress?.isCaughtUp ?? false,
    stop: async () => {
      reading.finish()
      await within(stopMsMax, 'stopping the reader', ended).catch(() => {})
    },
  }
}

class Reading {
  readonly #kafka: Kafka
  readonly #groupId: string
  readonly #options: ReadOptions
  readonly #start = Promise.withResolvers<void>()
  readonly #over = Promise.withResolvers<void>()
  #isOver = false
  #heardAt = performance.now()
  #handling: Promise<void> | undefined
  progress: ReadingProgress | undefined

  constructor(kafka: Kafka, groupId: string, options: ReadOptions) {
    this.#kafka = kafka
    this.#groupId = groupId
    this.#options = options
  }

  /** Resolves when it has joined its group, whose records it has from then on. */
  get started(): Promise<void> {
    return this.#start.promise
  }

  readonly finish = (): void => {
    this.#isOver = true
    this.#over.resolve()
  }

  readonly #fail = (error: unknown): void => {
    this.#isOver = true
    this.#over.reject(error)
  }

  async run(): Promise<void> {
    const { ask, close } = askThrough(this.#kafka)
    this.#over.promise.catch(() => {}) // it may fail before somebody waits for it
    try {
      const progress = new ReadingProgress(await ask('reading topics', (admin) => sharesOf(admin, this.#options)))
      this.progress = progress
      if (progress.isFinished || this.#isOver) return
      try {
        await this.#consume(progress)
      } finally {
        // Without members it would also expire by itself.
        await ask('deleting a group', (admin) => admin.deleteGroups([this.#groupId])).catch(() => {})
      }
    } finally {
      await close()
    }
  }

  async #consume(progress: ReadingProgress): Promise<void> {
    const consumer = this.#consumer()
    const { GROUP_JOIN, CRASH } = consumer.events
    // At every joining: a consumer that begins anew would begin at the beginning.
    consumer.on(GROUP_JOIN, () => {
      for (const { topic, partition, next } of progress.shares) consumer.seek({ topic, partition, offset: String(next) })
    })
    consumer.on(CRASH, ({ payload }) => {
      if (!payload.restart) this.#fail(payload.error)
    })
    const watchdog = setInterval(() => this.#watch(), 1_000)
    try {
      await within(startMsMax, 'beginning to read', this.#run(consumer, progress))
      this.#start.resolve()
      await this.#over.promise
    } finally {
      this.#isOver = true
      clearInterval(watchdog)
      await within(stopMsMax, 'disconnecting', consumer.disconnect()).catch(() => {})
      await this.#handling
    }
  }

  #consumer(): Consumer {
    const goesOn = this.#options.until === 'stopped'
    return this.#kafka.consumer({
      groupId: this.#groupId,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: goesOn ? 250 : 100,
      minBytes: 1,
      maxBytesPerPartition: fetchBytesPerPartitionMax,
      maxBytes: 16 * fetchBytesPerPartitionMax,
      sessionTimeout: 30_000,
      retry: { retries: 5, restartOnFailure: async () => goesOn },
    })
  }

  async #run(consumer: Consumer, progress: ReadingProgress): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: [...progress.topics()], fromBeginning: true })
    this.#heardAt = performance.now()
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: async ({ batch, heartbeat }) => {
        this.#handling = this.#take(progress, batch)
        await this.#handling
        await heartbeat()
      },
    })
  }

  /** Never rejects: what goes wrong ends the reader, not kafkajs. */
  async #take(progress: ReadingProgress, batch: Batch): Promise<void> {
    if (this.#isOver) return
    this.#heardAt = Number.POSITIVE_INFINITY
    try {
      const records = progress.recordsIn(batch, this.#options.headers)
      if (records.length > 0) await this.#options.onRecords(records)
      progress.pass(batch)
      if (progress.isFinished) this.finish()
    } catch (error) {
      this.#fail(error)
    }
    this.#heardAt = performance.now()
  }

  #watch(): void {
    const { until, silenceMsMax = 30_000 } = this.#options
    if (until === 'end' && performance.now() - this.#heardAt > silenceMsMax)
      this.#fail(new TookTooLong(`no more records came for ${silenceMsMax / 1_000} s`))
  }
}
