/** The JSON of the admin routes for dead letters: what who asks a service for them reads. Types alone, that stand by themselves. */

/** A dead letter as a service lists it. Times are ISO 8601 in UTC. */
export interface LetterView {
  /** `<topic>/<partition>/<offset>/<fingerprint>`, unique at its service; those of earlier releases have no fingerprint. */
  readonly id: string
  readonly topic: string
  /** Absent, as `offset`, for what was never on its topic. */
  readonly partition?: number
  readonly offset?: string
  /** The order, unless the record has no such key; what is no text is escaped. */
  readonly key: string | null
  readonly type?: string
  readonly eventId?: string | undefined
  /** The service that set it aside. */
  readonly consumer: string
  /** `unsendable`: an outgoing message that the broker does not take; the later ones of its order wait behind it. */
  readonly kind: 'undecodable' | 'failed' | 'held' | 'suspicious' | 'unsendable'
  readonly error: string
  readonly attempts: number
  readonly firstAt: string
  readonly lastAt: string
  /** A compensation that keeps failing, or an event that cannot be sent: an order is left half done. Cannot be discarded. */
  readonly needsAttention: boolean
}

/** One letter with what its record holds. */
export interface LetterContent extends LetterView {
  readonly timestampMs: number
  /** What is no text is escaped. */
  readonly headers: Readonly<Record<string, string>>
  /** At most the first 256 KiB; what is no text is escaped. */
  readonly value: string | null
}

/** Which letters of a service are replayed or discarded; `dryRun` only tells what would be done. */
export type LetterSelection = ({ readonly id: string } | { readonly key: string } | { readonly all: true }) & {
  readonly dryRun?: boolean
}

/** What became of one letter. */
export interface LetterResult {
  readonly id: string
  readonly outcome:
    | 'handled'
    | 'duplicate'
    | 'not-ours'
    | 'discarded'
    | 'released'
    | 'suspicious'
    | 'failed'
    | 'waiting'
    | 'refused'
    | 'would-replay'
    | 'would-discard'
  /** One line. */
  readonly error?: string
}

/** What became of the wish to set a record aside by hand. */
export interface ParkResult {
  /**
   * `waiting`: it is remembered by the process that answers, and by nothing else. `past`: the consumer was past it. `not-there`: there is no
   * such record (yet, or any more). `not-ours`: the service does not read the topic.
   */
  readonly outcome: 'parked' | 'would-park' | 'waiting' | 'past' | 'not-there' | 'not-ours'
  /** One line. */
  readonly detail: string
}

/** What a service told again, or would tell. */
export interface ToldAgain {
  readonly dryRun: boolean
  /** The orders that it was asked for, or that it selected. */
  readonly orderIds: readonly string[]
  /** How many events by type. */
  readonly events: Readonly<Record<string, number>>
  /** There are more orders: the next call begins here. */
  readonly nextCursor?: string
}
