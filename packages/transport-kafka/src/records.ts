import type { ConsumedRecord } from '@shop/messaging/driver'
import type { Batch, IHeaders, KafkaMessage } from 'kafkajs'
import { unreadableReason } from './mends/batch.ts'

/** The records of one partition's batch, in offset order. */
export const recordsOf = ({ topic, partition, messages }: Batch): readonly ConsumedRecord[] =>
  messages.map((message) => {
    const record: ConsumedRecord = {
      topic,
      partition,
      offset: message.offset,
      key: message.key?.toString() ?? null,
      value: message.value,
      headers: headersOf(message),
      timestampMs: Number(message.timestamp),
    }
    const unreadable = unreadableReason(message)
    return unreadable === undefined ? record : { ...record, unreadable }
  })

/** A header that stands there several times counts as its last one, as with Kafka's `lastHeader`. */
const headersOf = ({ headers = {} }: KafkaMessage): Record<string, string> => {
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const text = lastOf(headers[name])?.toString()
    if (text !== undefined) texts[name] = text
  }
  return texts
}

const lastOf = (header: IHeaders[string]): Buffer | string | undefined => (Array.isArray(header) ? header.at(-1) : header)
