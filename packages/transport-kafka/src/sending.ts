import { type OutgoingRecord, readableName } from '@shop/messaging/driver'
import type { IHeaders, Message } from 'kafkajs'

export const toMessage = ({ key, value, headers, raw }: OutgoingRecord): Message =>
  raw === undefined
    ? { key, value, headers: { ...headers } }
    : { key: raw.key ?? key, value, headers: headersWith(headers, raw.headers ?? []) }

/** Each of the raw ones under its own name, several of one name in their order. */
const headersWith = (
  headers: OutgoingRecord['headers'],
  raw: NonNullable<NonNullable<OutgoingRecord['raw']>['headers']>,
): IHeaders => {
  const byName = Map.groupBy(raw, ([name]) => name)
  const replaced = new Set([...byName.keys()].map(readableName))
  const texts = Object.entries(headers).filter(([name]) => !replaced.has(name))
  // A header may be without content, which kafkajs' types do not know.
  const lists = [...byName].map(([name, ofName]) => [name, ofName.map(([, content]) => content)] as const)
  return Object.fromEntries<unknown>([...texts, ...lists]) as IHeaders
}

const perRecordBytes = 64
const perHeaderBytes = 4

export const sizeBytes = ({ key, value, headers, raw }: OutgoingRecord): number => {
  let bytes = perRecordBytes + (key === null ? 0 : Buffer.byteLength(key)) + (value === null ? 0 : Buffer.byteLength(value))
  for (const name in headers) bytes += perHeaderBytes + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '')
  if (raw === undefined) return bytes
  bytes += raw.key?.length ?? 0
  for (const [name, content] of raw.headers ?? []) bytes += perHeaderBytes + Buffer.byteLength(name) + (content?.length ?? 0)
  return bytes
}

/**
 * What a broker says of a record that it will never take. INVALID_TIMESTAMP is none of it: records are stamped as they are sent, so a
 * clock that is wrong refuses them, and the next attempt may be right.
 */
const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'])

export const isRefusal = (error: unknown): boolean => {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth++)
    if (refusals.has((cause as { readonly type?: string }).type ?? '')) return true
  return false
}
