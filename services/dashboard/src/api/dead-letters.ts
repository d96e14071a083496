export interface DeadLettersView {
  readonly enabled: boolean
  readonly deadLetters: readonly DeadLetter[]
  /** Services that could not be asked. */
  readonly errors: readonly { readonly service: string; readonly detail: string }[]
}

export interface DeadLetter {
  /** `<topic>/<partition>/<offset>`, unique at its service. */
  readonly id: string
  /** Who set it aside: `:service` of the routes. */
  readonly service: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** The order, unless the record has no such key. */
  readonly key: string | null
  readonly eventId?: string
  readonly type?: string
  readonly kind: 'undecodable' | 'failed' | 'held'
  readonly error: string
  readonly attempts: number
  readonly firstAt: string
  readonly lastAt: string
  /** A compensation that keeps failing: an order is half undone. Cannot be discarded. */
  readonly needsAttention: boolean
}

export interface DeadLetterDetail extends DeadLetter {
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly timestampMs: number
}

export type LetterSelection = ({ readonly id: string } | { readonly key: string } | { readonly all: true }) & {
  readonly dryRun?: boolean
}

export interface LetterResult {
  readonly id: string
  /** handled, duplicate, not-ours, discarded, failed, waiting, refused, would-replay or would-discard. */
  readonly outcome: string
  readonly error?: string
}
