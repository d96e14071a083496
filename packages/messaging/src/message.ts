import { newUuid } from './uuid.ts'

/** An event on its way: what it tells, and the envelope that ties it to the saga. Decoded already, so `data` fits its schema. */
export interface Message {
  /** UUIDv7; the same at every delivery, so that a consumer can drop what it has handled. */
  readonly id: string
  /** The event's name, such as `PaymentCaptured`. */
  readonly type: string
  /**
   * CloudEvents source: who tells it. Events are told apart by source and id. On what comes in; what this service tells itself has none
   * yet, since its catalogue knows it.
   */
  readonly source?: string | undefined
  /** Where the transport has the record in which it came in; opaque. */
  readonly recordPosition?: string | undefined
  /** What the topics are keyed by (the order): messages of one key keep their order. */
  readonly key: string
  /** ISO 8601, when it was stored. */
  readonly at: string
  /** The id of the saga's first event. */
  readonly correlationId: string
  /** The id of the event that caused this one; absent when a command or a deadline did. */
  readonly causationId?: string | undefined
  /** W3C trace context, carried on from the cause. */
  readonly traceparent?: string | undefined
  /** `told`: once more, from its teller's state. `asking`: so, and who has handled it before is to tell again what followed. Absent: as it was stored. */
  readonly again?: 'told' | 'asking'
  readonly data: unknown
}

/** Where ids and times come from. */
export interface Stamps {
  /** UUIDv7: ids made one after the other stand together in an index, which keeps inserts and look-ups on few pages. */
  newId(): string
  /** Milliseconds since 1970. */
  nowMs(): number
}

let stamps: Stamps = { newId: newUuid, nowMs: () => Date.now() }

/** For simulations: from now on all ids and times of this kit, in the whole process, come from `other`. */
export const stampWith = (other: Stamps): void => {
  stamps = other
}

export const newId = (): string => stamps.newId()
export const nowMs = (): number => stamps.nowMs()
/** ISO 8601. */
export const now = (): string => new Date(nowMs()).toISOString()

type Optional = 'causationId' | 'traceparent'

/** The optional parts that are there; a part that is absent is no property at all, so that every database brings the same message back. */
export const optionalParts = (from: { readonly [P in Optional]?: string | null | undefined }): Pick<Message, Optional> => ({
  ...(from.causationId == null ? {} : { causationId: from.causationId }),
  ...(from.traceparent == null ? {} : { traceparent: from.traceparent }),
})

/** What is told, before it has an envelope. */
export interface Fact {
  readonly type: string
  readonly data: unknown
}

/** The part of a message that another one is caused by. */
export type Cause = Pick<Message, 'id' | 'key' | 'correlationId' | 'traceparent'>

/** The message that tells `fact` because of `cause`: same key, same saga. */
export const causedBy = (cause: Cause, fact: Fact): Message => ({
  id: newId(),
  type: fact.type,
  key: cause.key,
  at: now(),
  correlationId: cause.correlationId,
  ...optionalParts({ causationId: cause.id, traceparent: cause.traceparent }),
  data: fact.data,
})

/** A message that no other one caused. Without `correlationId` it begins a saga, which is then called by its id. */
export const startedBy = (
  start: { readonly key: string; readonly correlationId?: string; readonly traceparent?: string | undefined },
  fact: Fact,
): Message => {
  const id = newId()
  return {
    id,
    type: fact.type,
    key: start.key,
    at: now(),
    correlationId: start.correlationId ?? id,
    ...optionalParts({ traceparent: start.traceparent }),
    data: fact.data,
  }
}
