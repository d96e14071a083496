import { type ConsumedRecord, partsWith, type RawHeader, type RecordParts, setHeader, textOf } from '@shop/messaging/driver'
import type { Batch, KafkaMessage } from 'kafkajs'
import { unreadableReason } from './mends/batch.ts'
import { positionOf } from './position.ts'

/** The records of one partition's batch, in offset order. @param names reads only these headers; default all. */
export const recordsOf = (
  { topic, partition, messages }: Pick<Batch, 'topic' | 'partition' | 'messages'>,
  names?: readonly string[],
): readonly ConsumedRecord[] =>
  messages.map((message) => {
    const { key, headers, raw } = partsOf(message, names)
    const record: ConsumedRecord = {
      topic,
      position: positionOf(partition, message.offset),
      key,
      value: message.value,
      headers,
      timestampMs: Number(message.timestamp),
    }
    const unreadable = unreadableReason(message)
    if (raw === undefined && unreadable === undefined) return record
    return { ...record, ...(raw && { raw }), ...(unreadable !== undefined && { unreadable }) }
  })

type Content = Buffer | null

/**
 * A header that stands there several times counts as its last one, as with Kafka's `lastHeader`. Names are texts in Kafka's format.
 * Which of several names came first is lost in kafkajs; no order among them has a meaning.
 */
const partsOf = ({ key, headers }: KafkaMessage, names?: readonly string[]): RecordParts => {
  const contents = (headers ?? {}) as Readonly<Record<string, Content | readonly Content[]>>
  const texts: Record<string, string> = {}
  const odd: RawHeader[] = []
  for (const name of names ?? Object.keys(contents)) {
    const content = names === undefined || Object.hasOwn(contents, name) ? contents[name] : undefined
    if (content === undefined) continue
    const text = Buffer.isBuffer(content) && !name.includes('\0') ? textOf(content) : undefined
    if (text !== undefined) setHeader(texts, name, text)
    else if (Array.isArray(content)) for (const each of content as readonly Content[]) odd.push([name, each])
    else odd.push([name, content as Content])
  }
  return partsWith(key, texts, odd)
}
