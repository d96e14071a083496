import type { ConsumedRecord, ReadOptions } from '@shop/messaging/driver'
import type { Channel, Message } from 'amqplib'
import { readCatalogue } from './catalogue.ts'
import type { Connection } from './connection.ts'
import { idOf, timeOf } from './position.ts'
import { isMarker, recordOf } from './records.ts'
import { consumeStream, firstMessage, lastMessage, offsetOf, type StreamStart } from './streams.ts'
import { NoSuchTopic } from './topology.ts'

/** By topic the position behind which it is gone on. */
export type After = (topic: string) => string | undefined

/** What is read of one topic. */
interface Start {
  /** An offset, or a time to look from. */
  readonly start: StreamStart
  /** Records are passed over until one of which this is true; default none is. */
  readonly begins?: (record: ConsumedRecord) => boolean
  /** True when nothing is read of it. */
  readonly isEmpty?: boolean
}

/** The broker's clock and a publisher's may differ by so much; a record is looked for from that much earlier. */
const clockSlackMs = 10_000

export class ReadShare {
  readonly topic: string
  readonly #start: Start
  readonly #last: number
  readonly #headers: readonly string[] | undefined
  readonly #goesOn: boolean
  #left: number
  #hasBegun: boolean
  /** The next offset; `undefined` before anything was read. */
  #next: number | undefined
  #waiting: Message[] = []
  #channel: Channel | undefined

  /** @param last the offset of the last message when the reader began. */
  constructor(topic: string, start: Start, last: number, { headers, until, recordsPerSequenceMax }: ReadOptions) {
    this.topic = topic
    this.#start = start
    this.#last = last
    this.#headers = headers
    this.#goesOn = until === 'stopped'
    this.#left = start.isEmpty ? 0 : (recordsPerSequenceMax ?? Number.POSITIVE_INFINITY)
    this.#hasBegun = start.begins === undefined
    if (typeof start.start === 'number') this.#next = start.start
  }

  /** Messages up to the last one, of which this is the offset. */
  behind(last: number): number {
    return Math.max(0, last + 1 - (this.#next ?? (typeof this.#start.start === 'number' ? this.#start.start : 0)))
  }

  get isCaughtUp(): boolean {
    return this.#left <= 0 || (this.#next ?? 0) > this.#last
  }

  get isFinished(): boolean {
    return this.#left <= 0 || (!this.#goesOn && this.isCaughtUp)
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0 && !this.isFinished
  }

  async consume(channel: Channel, onArrival: () => void, onLost: (error: Error) => void): Promise<void> {
    this.#channel = channel
    this.#waiting = []
    await consumeStream(channel, this.topic, this.#next ?? this.#start.start, (message) => {
      if (this.#channel !== channel) return
      if (message === null) return onLost(new Error(`${this.topic} was deleted`))
      this.#waiting.push(message)
      onArrival()
    })
  }

  /** @returns the next records, and what is to be called when they are done with. */
  take(max: number): { readonly records: readonly ConsumedRecord[]; readonly passed: () => void } {
    const messages = this.#waiting.splice(0, max)
    const records: ConsumedRecord[] = []
    for (const message of messages) {
      if (!this.#goesOn && offsetOf(message) > this.#last) continue
      if (isMarker(message) || records.length >= this.#left) continue
      const record = recordOf(message, this.topic, this.#headers)
      this.#hasBegun ||= this.#start.begins?.(record) ?? true
      if (this.#hasBegun) records.push(record)
    }
    const channel = this.#channel
    const passed = () => {
      const last = messages.at(-1)
      if (last === undefined) return
      this.#left -= records.length
      this.#next = offsetOf(last) + 1
      if (this.#channel === channel && !this.isFinished) channel?.ack(last, true)
    }
    return { records, passed }
  }
}

/** @throws NoSuchTopic */
export const sharesOf = async (connection: Connection, options: ReadOptions, after?: After): Promise<readonly ReadShare[]> => {
  const { topics: known } = await readCatalogue(connection)
  return Promise.all(
    options.topics.map(async (topic) => {
      if (!known.has(topic)) throw new NoSuchTopic(`there is no topic ${topic}`)
      const last = await lastMessage(connection, topic)
      const behind = after?.(topic)
      const start = behind === undefined ? await startIn(connection, topic, last, options.from) : startBehind(behind, last)
      return new ReadShare(topic, start, offsetOf(last), options)
    }),
  )
}

const startIn = async (
  connection: Connection,
  topic: string,
  lastOne: Message,
  from: ReadOptions['from'] = 'beginning',
): Promise<Start> => {
  const last = offsetOf(lastOne)
  if (from === 'beginning') return { start: 'first' }
  if (from === 'end') return { start: last + 1 }
  if ('latest' in from) {
    const head = await firstMessage(connection, topic)
    return { start: Math.max(offsetOf(head) + (isMarker(head) ? 1 : 0), last - from.latest + 1) }
  }
  if ('sinceMs' in from) {
    const { sinceMs } = from
    return { start: near(sinceMs, lastOne), begins: ({ timestampMs }) => timestampMs >= sinceMs }
  }
  const place = from.places.find((each) => each.topic === topic)
  if (place === undefined) return { start: last + 1, isEmpty: true }
  return startFrom(place.position, lastOne, (id, at) => id >= at)
}

const startBehind = (position: string, last: Message): Start => startFrom(position, last, (id, at) => id > at)

const startFrom = (position: string, last: Message, isThere: (id: number, at: number) => boolean): Start => {
  const [atMs, at] = [timeOf(position), idOf(position)]
  if (atMs === undefined || at === undefined) return { start: 'first', begins: (record) => record.position === position }
  return { start: near(atMs, last), begins: (record) => isThere(idOf(record.position) ?? 0, at) }
}

/** From the last message on when that is older: the broker delivers nothing from a time on at which it had nothing. */
const near = (ms: number, last: Message): StreamStart => {
  const fromMs = ms - clockSlackMs
  if (isMarker(last)) return offsetOf(last)
  const lastMs = timeOf(recordOf(last, '').position)
  if (lastMs === undefined) return 'first'
  return lastMs < fromMs ? offsetOf(last) : { '!': 'timestamp', value: Math.max(0, Math.floor(fromMs / 1_000)) }
}
