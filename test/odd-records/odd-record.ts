/** A record as its producer makes it, and what the services' own reading makes of it. */
import { isDeepStrictEqual } from 'node:util'
import { catalogueFor, serviceNames } from '@shop/choreography'
import { type Catalogue, type ConsumedRecord, type Decoded, decode, type RawHeader } from '@shop/messaging'
import { partsWith, setHeader, textOf } from '@shop/messaging/driver'

export type Bytes = Buffer | string
export type Headers = Readonly<Record<string, Bytes | readonly Bytes[]>>

/** By Kafka's number. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

export interface OddRecord {
  /** Counts from 0: with the seed it says all that is by chance in the record. */
  readonly number: number
  readonly kind: string
  readonly topic: string
  readonly partition: number
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly headers: Headers
  /** Milliseconds since 1970; absent: when it is sent. */
  readonly timestampMs?: number
  /** By Kafka's number, see `compressions`. */
  readonly compression: number
  /** In a transaction of its own, which ends so; absent: in none. */
  readonly transaction?: 'committed' | 'aborted'
}

/** An event that a topic has, of an order that has ended. */
export interface TrueRecord {
  readonly topic: string
  readonly partition: number
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

const partsOf = (key: Bytes | null, headers: Headers) => {
  const texts: Record<string, string> = {}
  const odd: RawHeader[] = []
  for (const [name, content] of Object.entries(headers)) {
    const contents = (Array.isArray(content) ? content : [content]).map((c: Bytes) => Buffer.from(c))
    const text = contents.length === 1 && contents[0] && !name.includes('\0') ? textOf(contents[0]) : undefined
    if (text === undefined) odd.push(...contents.map((c): RawHeader => [name, c]))
    else setHeader(texts, name, text)
  }
  return partsWith(key === null ? null : Buffer.from(key), texts, odd)
}

/** As a consumer is given it. */
export const consumedFrom = ({
  topic,
  key,
  value,
  headers,
}: Pick<OddRecord, 'topic' | 'key' | 'value' | 'headers'>): ConsumedRecord => ({
  topic,
  position: '0/0',
  value: value === null ? null : Buffer.from(value),
  timestampMs: 0,
  ...partsOf(key, headers),
})

/** Of each service, as if it reacted to every event that it knows. */
const catalogues: readonly Catalogue[] = serviceNames.map((service) => {
  const own = catalogueFor(service)
  return {
    ...own,
    lookup: (ceType) => {
      const entry = own.lookup(ceType)
      return entry && { ...entry, consumed: true }
    },
  }
})

const contentOf = (decoded: Decoded) =>
  decoded.kind === 'message'
    ? { id: decoded.message.id, key: decoded.message.key, type: decoded.message.type, data: decoded.message.data }
    : undefined

/**
 * True when nobody can take the record for an event that was not told: to each service it is none, or what `original` is to it, where that stands.
 * A forged event that is in full order is another matter: who may believe which is what the tests of forgeries are about.
 */
export const isHarmless = (record: OddRecord, original?: TrueRecord): boolean => {
  if (record.transaction === 'aborted') return true
  return catalogues.every((catalogue) => {
    const content = contentOf(decode(consumedFrom(record), catalogue))
    if (content === undefined) return true
    if (original === undefined || record.topic !== original.topic || record.partition !== original.partition) return false
    return isDeepStrictEqual(content, contentOf(decode(consumedFrom(original), catalogue)))
  })
}

const shownBytes = 120

const shown = (bytes: Bytes | null): string | null => {
  if (bytes === null) return null
  const buffer = Buffer.from(bytes)
  const start = buffer.subarray(0, shownBytes).toString('latin1')
  return buffer.length > shownBytes ? `${start}… (${buffer.length} bytes)` : start
}

/** For people and machines, cut. */
export const describeRecord = ({ key, value, headers, compression, ...rest }: OddRecord) => {
  const pairs = Object.entries(headers).flatMap(([name, c]) => (Array.isArray(c) ? c : [c]).map((each) => [name, each] as const))
  return {
    ...rest,
    compression: compressions[compression],
    key: shown(key),
    value: shown(value),
    headers: pairs.slice(0, 20).map(([name, content]) => `${shown(name)}: ${shown(content as Bytes)}`),
    headerCount: pairs.length,
  }
}
