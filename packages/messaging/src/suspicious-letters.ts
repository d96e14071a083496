import { handledAs } from './batch.ts'
import type { Catalogue } from './catalogue.ts'
import { type DeadLetter, letterOf } from './dead-letter.ts'
import { headersOf } from './envelope.ts'
import { type Message, now } from './message.ts'
import type { Suspicious } from './suspicion.ts'
import type { ConsumedRecord } from './transport.ts'

/** The letters of messages that were doubted. @param records those in which messages of this batch came, by `handledAs`. */
export const suspiciousLetters = (
  suspicious: readonly Suspicious[],
  records: ReadonlyMap<string, ConsumedRecord>,
  catalogue: Catalogue,
): readonly DeadLetter[] => {
  const at = now()
  return suspicious.flatMap(({ message, reason }) => {
    const record = records.get(handledAs(message)) ?? recordAnew(message, catalogue)
    const failure = { kind: 'suspicious', error: reason, attempts: 1, firstAt: at, lastAt: at, eventId: message.id } as const
    return record === undefined ? [] : letterOf(record, failure)
  })
}

/** The record of a message that had waited, as far as it was kept; `undefined` for one that an earlier release kept without its place. */
const recordAnew = (message: Message, catalogue: Catalogue): ConsumedRecord | undefined => {
  const { recordPosition: position, source, key } = message
  const ceType = catalogue.ceTypeOf(message.type)
  const topic = catalogue.lookup(ceType)?.topic
  if (position === undefined || source === undefined || topic === undefined) return undefined
  return {
    topic,
    position,
    key,
    value: Buffer.from(JSON.stringify(message.data)),
    headers: headersOf(message, ceType, source),
    timestampMs: Date.parse(message.at),
  }
}
