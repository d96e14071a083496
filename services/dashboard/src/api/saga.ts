import type { OrderSummary } from './orders.ts'

export interface SagaEvent {
  /** `<topic>/<partition>/<offset>`: unique, also among copies. */
  readonly position: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The service that owns the event: its lane. */
  readonly service: string
  /** The event's name; `(undecodable)` for a record that fits no schema. */
  readonly type: string
  /** The event's id; copies share it. */
  readonly id: string
  readonly causationId?: string
  readonly correlationId: string
  readonly traceparent?: string
  /** When its service stored it. */
  readonly at: string
  /** When it was produced to Kafka. */
  readonly writtenAt: string
  /** When the dashboard read it. After a rebuild of the store that is the time of the rebuild. */
  readonly seenAt: string
  /** From the saga's first event to this one, by `at`; may be negative by clocks that differ. */
  readonly sinceStartMs: number
  /** From its cause to this one, by `at`; absent without a cause that has been seen. */
  readonly sinceCauseMs?: number
  /** The position of the first record with this id, when this one is a copy. */
  readonly copyOf?: string
  /** The event's data; names and addresses masked unless asked for. Absent for `(undecodable)`. */
  readonly data?: unknown
  /** Why it could not be read, for `(undecodable)`. */
  readonly error?: string
  /** The headers as on the topic. */
  readonly headers: Readonly<Record<string, string>>
  readonly terminal: boolean
  readonly pivot: boolean
}

/** A step that has a compensation, and the event that undid it. */
export interface SagaCompensation {
  readonly stepType: string
  /** SagaEvent.id. */
  readonly stepId: string
  /** The event type that undoes it. */
  readonly undoneByType: string
  /** SagaEvent.id of that event; absent while the step stands. */
  readonly undoneById?: string
}

/** A reaction that the choreography declares and that has not been seen yet. Empty once the order has ended. */
export interface SagaExpectation {
  /** Who has to react. */
  readonly service: string
  /** To which event: its type and SagaEvent.id. */
  readonly on: string
  readonly onId: string
  /** What may come of it, any of them. */
  readonly mayEmit: readonly string[]
  /** Events that this reaction waits for and that have not been seen. */
  readonly needs: readonly string[]
  /** `at` of the event that it has to react to. */
  readonly since: string
}

/** A copy of an event of this order on a dead-letter topic. Whether it is still set aside: GET /api/dead-letters?key=<orderId>. */
export interface SagaDeadLetter {
  /** Who set it aside. */
  readonly consumer: string
  /** `<topic>/<partition>/<offset>` of the record that was set aside: SagaEvent.position, with which the id of the dead letter begins. */
  readonly position: string
  readonly kind: 'undecodable' | 'failed' | 'held' | 'suspicious'
  readonly error: string
  readonly attempts: number
  readonly type?: string
  readonly eventId?: string
  readonly firstAt: string
  readonly lastAt: string
  /** Where the copy stands: `<dead-letter topic>/<partition>/<offset>`. */
  readonly copy: string
}

export interface Saga {
  readonly order: OrderSummary
  /** By `at`, copies included; at most 500, `eventsOmitted` tells of more. */
  readonly events: readonly SagaEvent[]
  readonly eventsOmitted: number
  readonly compensations: readonly SagaCompensation[]
  readonly expected: readonly SagaExpectation[]
  readonly deadLetters: readonly SagaDeadLetter[]
  readonly masked: boolean
}
