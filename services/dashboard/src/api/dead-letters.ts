import type { LetterContent, LetterView } from '@shop/participant/letters'

export type { LetterResult, LetterSelection } from '@shop/participant/letters'

export interface DeadLettersView {
  readonly enabled: boolean
  readonly deadLetters: readonly DeadLetter[]
  /** Services that could not be asked. */
  readonly errors: readonly { readonly service: string; readonly detail: string }[]
}

/** As the service tells it, and whom to ask: `:service` of the routes. */
export interface DeadLetter extends LetterView {
  readonly service: string
}

export interface DeadLetterDetail extends DeadLetter, LetterContent {}
