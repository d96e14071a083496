export interface CheckView {
  /** False: the databases cannot be reached from here. */
  readonly available: boolean
  /** How to run it by hand, one line to copy. */
  readonly command: string
  readonly running: boolean
  readonly last?: {
    readonly at: string
    readonly tookMs: number
    /** Absent when it could not be carried out; `error` says why. */
    readonly holds?: boolean
    readonly error?: string
    /** What had not come to rest: some invariants may then be violated only for now. */
    readonly notAtRest: readonly string[]
    readonly invariants: readonly Invariant[]
  }
}

export interface Invariant {
  readonly id: string
  /** A sentence that says what holds. */
  readonly title: string
  readonly outcome: 'holds' | 'violated' | 'not-checked'
  readonly figures: Readonly<Record<string, number>>
  readonly violationCount: number
  /** The first ones. */
  readonly violations: readonly { readonly text: string; readonly orderId?: string }[]
}
