import { z } from 'zod'
import type { Catalogue, KnownEvent } from './catalogue.ts'
import { type Message, optionalParts } from './message.ts'
import type { ConsumedRecord, OutgoingRecord } from './transport.ts'

/** CloudEvents 1.0, Kafka binding, binary mode: the envelope travels in the headers, the value is the data alone as JSON. */
export const encode = (message: Message, catalogue: Catalogue): OutgoingRecord => {
  const { ceType, source, topic } = catalogue.address(message.type)
  return { topic, key: message.key, value: JSON.stringify(message.data), headers: headersOf(message, ceType, source) }
}

export const headersOf = (message: Message, ceType: string, source: string): Record<string, string> => {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: message.id,
    ce_type: ceType,
    ce_source: source,
    ce_time: message.at,
    ce_subject: message.key,
    ce_correlationid: message.correlationId,
    'content-type': 'application/json',
  }
  if (message.causationId !== undefined) headers.ce_causationid = message.causationId
  if (message.again !== undefined) headers.ce_toldagain = message.again
  if (message.traceparent !== undefined) headers.traceparent = message.traceparent
  return headers
}

const againIn = ({ ce_toldagain: again }: Encoded['headers']): Pick<Message, 'again'> =>
  again === undefined ? {} : { again: again === 'asking' ? 'asking' : 'told' }

export type Decoded =
  /** For this consumer. */
  | { readonly kind: 'message'; readonly message: Message }
  /** A known event to which this consumer does not react. */
  | { readonly kind: 'not-ours' }
  /** An event in full order, of a type that this consumer does not know, and that it need not know. */
  | { readonly kind: 'unknown' }
  /** Never to be handled as it is: a dead letter. `reason` is one line that names what is wrong. */
  | { readonly kind: 'undecodable'; readonly reason: string; readonly id?: string | undefined }

type Encoded = Pick<OutgoingRecord, 'topic' | 'key' | 'value' | 'headers'> &
  Pick<ConsumedRecord, 'unreadable'> & { readonly position?: string }

/** In lower case alone: databases differ in whether they tell two spellings apart. RFC 9562, section 4, has it written in lower case. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** `<where>.<name>.v<version>`: what is of another form is no event of somebody newer. */
const typeForm = /^[\w-]+(\.[\w-]+)+\.v[1-9]\d{0,5}$/
const typeLengthMax = 200

/** Set to `true` by who tells an event that nobody may pass over: a consumer that does not know its type sets it aside. */
const mustUnderstand = 'ce_mustunderstand'

const timeLengthMax = 40
const linkLengthMax = 200

const time = z.iso.datetime({ offset: true })

/** What shows that the event's owner did not write the record; `undefined` when it may have. Only access control can say more. */
const foreignness = (ceType: string, { topic, source }: KnownEvent, record: Encoded): string | undefined => {
  const { ce_source: from, ce_subject: subject } = record.headers
  if (record.topic !== topic) return `not from its owner: ${ceType} belongs on ${topic}, this is ${record.topic}`
  if (from !== source) return `not from its owner: ${ceType} has the source ${source}, this one ${quoted(from)}`
  return subject === undefined || subject === record.key ? undefined : `header ce_subject is ${quoted(subject)}, not the key`
}

const quoted = (text: string | undefined): string => (text === undefined ? 'none' : JSON.stringify(text.slice(0, 200)))

/**
 * Reads a record; never throws. It counts only when it stands where its type's owner writes, with the owner's source. Unknown fields of the
 * data are dropped, so that additive changes pass.
 */
export const decode = (record: Encoded, catalogue: Catalogue): Decoded => {
  const { headers } = record
  const id = headers.ce_id
  const undecodable = (reason: string): Decoded => ({
    kind: 'undecodable',
    reason: reason.replace(/[\s\p{Cc}]+/gu, ' '),
    ...(id === undefined ? {} : { id }),
  })
  if (record.unreadable !== undefined) return undecodable(record.unreadable)
  const ceType = headers.ce_type
  if (ceType === undefined) return undecodable('header ce_type is missing')
  const entry = catalogue.lookup(ceType)
  if (entry === undefined && !mayPass(ceType, headers, catalogue))
    return undecodable(`unknown event type ${ceType.slice(0, typeLengthMax)}`)
  if (entry?.consumed === false) return { kind: 'not-ours' }
  if (id === undefined || !uuid.test(id)) return undecodable('header ce_id is missing or no UUID in lower case')
  if (record.key === null || !uuid.test(record.key)) return undecodable('the key is missing or no UUID in lower case')
  const foreign = entry && foreignness(ceType, entry, record)
  if (foreign !== undefined) return undecodable(foreign)
  const at = headers.ce_time
  if (at === undefined || at.length > timeLengthMax || !time.safeParse(at).success)
    return undecodable('header ce_time is missing or no time of ISO 8601')
  const correlationId = headers.ce_correlationid
  if (correlationId === undefined || !uuid.test(correlationId))
    return undecodable('header ce_correlationid is missing or no UUID in lower case')
  const causationId = headers.ce_causationid
  if (causationId !== undefined && causationId.length > linkLengthMax) return undecodable('header ce_causationid is too long')
  if (entry === undefined) return { kind: 'unknown' }
  let data: unknown
  try {
    data = JSON.parse(record.value?.toString() ?? '')
  } catch (error) {
    return undecodable(`the value is no JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  const parsed = entry.schema.safeParse(data)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return undecodable(`data does not fit ${ceType}: ${issue?.path.join('.') || 'data'}: ${issue?.message}`.slice(0, 500))
  }
  return {
    kind: 'message',
    message: {
      id,
      source: entry.source,
      ...(record.position === undefined ? {} : { recordPosition: record.position }),
      type: entry.type,
      key: record.key,
      at,
      correlationId,
      ...optionalParts({ causationId, traceparent: traceparentIn(headers) }),
      ...againIn(headers),
      data: parsed.data,
    },
  }
}

/** True for a type that somebody newer tells, unless that says that it has to be understood. */
const mayPass = (ceType: string, headers: Encoded['headers'], catalogue: Catalogue): boolean =>
  ceType.length <= typeLengthMax &&
  typeForm.test(ceType) &&
  !catalogue.isOtherVersion(ceType) &&
  headers[mustUnderstand]?.toLowerCase() !== 'true'

/** What is no trace context ends a trace, not an event; it would be told on with every effect. */
const traceparentIn = ({ traceparent }: Encoded['headers']): string | undefined =>
  traceparent !== undefined && traceparent.length <= linkLengthMax ? traceparent : undefined
