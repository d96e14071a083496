/** The JSON of the admin routes for dead letters: what who asks a service for them reads. Types alone, that stand by themselves. */

/** A dead letter as a service lists it. Times are ISO 8601 in UTC. */
export interface LetterView {
  /** `<topic>/<partition>/<offset>`, unique at its service. */
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** The order, unless the record has no such key. */
  readonly key: string | null
  readonly type?: string
  readonly eventId?: string | undefined
  /** The service that set it aside. */
  readonly consumer: string
  readonly kind: 'undecodable' | 'failed' | 'held' | 'suspicious'
  readonly error: string
  readonly attempts: number
  readonly firstAt: string
  readonly lastAt: string
  /** A compensation that keeps failing: an order is half undone. Cannot be discarded. */
  readonly needsAttention: boolean
}

/** One letter with what its record holds. */
export interface LetterContent extends LetterView {
  readonly timestampMs: number
  readonly headers: Readonly<Record<string, string>>
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
    | 'suspicious'
    | 'failed'
    | 'waiting'
    | 'refused'
    | 'would-replay'
    | 'would-discard'
  /** One line. */
  readonly error?: string
}
