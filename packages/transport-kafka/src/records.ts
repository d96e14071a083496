import type { ConsumedRecord } from '@shop/messaging/driver'
import type { Batch, IHeaders, KafkaMessage } from 'kafkajs'
import { unreadableReason } from './mends/batch.ts'
import { positionOf } from './position.ts'

/** The records of one partition's batch, in offset order. @param names reads only these headers; default all. */
export const recordsOf = (
  { topic, partition, messages }: Pick<Batch, 'topic' | 'partition' | 'messages'>,
  names?: readonly string[],
): readonly ConsumedRecord[] =>
  messages.map((message) => {
    const record: ConsumedRecord = {
      topic,
      position: positionOf(partition, message.offset),
      key: message.key?.toString() ?? null,
      value: message.value,
      headers: headersOf(message, names),
      timestampMs: Number(message.timestamp),
    }
    const unreadable = unreadableReason(message)
    return unreadable === undefined ? record : { ...record, unreadable }
  })

/** A header that stands there several times counts as its last one, as with Kafka's `lastHeader`. */
const headersOf = ({ headers = {} }: KafkaMessage, names: readonly string[] = Object.keys(headers)): Record<string, string> => {
  const texts: Record<string, string> = {}
  for (const name of names) {
    const text = lastOf(headers[name])?.toString()
    if (text !== undefined) texts[name] = text
  }
  return texts
}

const lastOf = (header: IHeaders[string]): Buffer | string | undefined => (Array.isArray(header) ? header.at(-1) : header)
