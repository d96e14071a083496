/** A record as an AMQP message, and back. */
import { hash } from 'node:crypto'
import {
  type ConsumedRecord,
  framed,
  type OutgoingRecord,
  packedParts,
  type RecordParts,
  setHeader,
  unframed,
  unpackedParts,
} from '@shop/messaging/driver'
import type { Message, Options } from 'amqplib'
import { foreignPosition, idIn, positionOf, timeOfId } from './position.ts'

export interface Encoded {
  /** Begins with the sequence, which chooses the queue: records of one key have one. The key follows, if it can. */
  readonly routingKey: string
  readonly content: Buffer
  readonly options: Options.Publish
}

/** Of a message whose body has key and headers, too: AMQP has no place for them. */
const framedType = 'framed'
/** Of what a stream has besides records. */
const markerType = 'marker'

const keyBytesMax = 200
/** AMQP takes the headers in one frame of 128 KiB; the rest is left for what the broker adds. */
const headersBytesMax = 64 * 1024
/** The broker gives names that begin with `x-` a meaning, and sends copies by CC and BCC. */
const plainName = /^(?!x-)(?!b?cc$)[!-~]{1,100}$/i

const isPlainText = (text: string): boolean => !text.includes('\0')

/** Most records are: their key is the routing key, their headers are AMQP's, and every tool of RabbitMQ shows them. */
const isPlain = ({ key, value, headers, raw }: OutgoingRecord): boolean => {
  if (raw !== undefined || value === null || !key || !isPlainText(key) || Buffer.byteLength(key) > keyBytesMax) return false
  let bytes = 0
  for (const name in headers) {
    const text = headers[name] ?? ''
    bytes += name.length + 3 * text.length + 8
    if (bytes > headersBytesMax || name === '__proto__' || !plainName.test(name) || !isPlainText(text)) return false
  }
  return true
}

/** FNV-1a. A consistent-hash exchange would do this on the broker, and deals keys out anew when that starts again. */
const hashOf = (bytes: Buffer): number => {
  let sum = 0x811c9dc5
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193)
  return sum >>> 0
}

/** Records without a key are spread. */
const sequenceOf = ({ key, raw }: OutgoingRecord, id: number, sequences: number): number =>
  (key === null && raw?.key === undefined ? id : hashOf(raw?.key ?? Buffer.from(key ?? ''))) % sequences

/**
 * @param id the number by which the record is known; `position.ts`.
 * @param sequences how many the topic has.
 */
export const encodeRecord = (record: OutgoingRecord, id: number, sequences: number): Encoded => {
  const sequence = sequenceOf(record, id, sequences)
  const { key, value, headers, raw } = record
  const options = { persistent: true, mandatory: true, messageId: String(id), timestamp: Math.floor(timeOfId(id) / 1_000) }
  if (isPlain(record))
    return {
      routingKey: `${sequence}.${key}`,
      content: Buffer.from(value ?? ''),
      options: { ...options, headers: { ...headers } },
    }
  const parts = packedParts({ key, headers, ...(raw && { raw }) })
  const content = framed([parts, value === null ? null : Buffer.from(value)])
  return { routingKey: `${sequence}.`, content, options: { ...options, type: framedType } }
}

export const markerOptions = (): Options.Publish => ({ persistent: true, type: markerType })
export const isMarker = ({ properties }: Pick<Message, 'properties'>): boolean => properties.type === markerType

/** @param names reads only these headers; default all. */
export const recordOf = (message: Message, topic: string, names?: readonly string[]): ConsumedRecord => {
  const { properties } = message
  const id = idIn(properties.messageId)
  const { key, value, headers, raw } = partsOf(message, id !== undefined)
  return {
    topic,
    position: id === undefined ? foreignPosition(fingerprintOf(message)) : positionOf(id),
    key,
    value,
    headers: names === undefined ? headers : only(names, headers),
    timestampMs: id === undefined ? Number(properties.timestamp ?? 0) * 1_000 : timeOfId(id),
    ...(raw && { raw }),
  }
}

const only = (names: readonly string[], headers: Readonly<Record<string, string>>): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const name of names) if (Object.hasOwn(headers, name)) setHeader(kept, name, headers[name] ?? '')
  return kept
}

type Parts = RecordParts & { readonly value: Buffer | null }

/** @param isOurs false: others published it, and its routing key is its key */
const partsOf = (message: Message, isOurs: boolean): Parts => {
  const { content, properties, fields } = message
  if (properties.type === framedType) {
    const unpacked = unpackFrame(content)
    if (unpacked !== undefined) return unpacked
  }
  const headers: Record<string, string> = {}
  for (const [name, text] of Object.entries(properties.headers ?? {}))
    if (typeof text === 'string' && !name.startsWith('x-')) setHeader(headers, name, text)
  const { routingKey } = fields
  const key = isOurs ? routingKey.slice(routingKey.indexOf('.') + 1) : routingKey
  return { key: key === '' ? null : key, value: content, headers }
}

/** `undefined` for what only says that it is framed. */
const unpackFrame = (content: Buffer): Parts | undefined => {
  try {
    const [parts, value = null] = unframed(content)
    return parts ? { ...unpackedParts(parts), value } : undefined
  } catch {
    return undefined
  }
}

const fingerprintBytes = 6

/** By what others cannot but send the same again; two messages that are the same to the byte have one. */
const fingerprintOf = ({ content, properties, fields }: Message): number => {
  const { messageId, timestamp, headers = {} } = properties
  // A stream sorts them.
  const own = Object.entries(headers)
    .filter(([name]) => !name.startsWith('x-'))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const told = JSON.stringify([fields.routingKey, messageId ?? null, timestamp ?? null, own])
  return Buffer.from(hash('sha256', framed([Buffer.from(told), content])), 'hex').readUIntBE(0, fingerprintBytes)
}

/** How often the broker had delivered it before; 0 at first. */
export const deliveriesOf = ({ properties }: Message): number => Number(properties.headers?.['x-delivery-count'] ?? 0)
