import type { Message, MessageStore } from '@shop/messaging'

/** Handles one batch of first events, or of later ones of the same orders. */
export type Work = (batch: readonly Message[], isLater: boolean) => Promise<unknown>

/** A store under the kit, and the same work by bare statements on the same server. */
export interface Subject {
  readonly name: string
  /** Another one after `empty`. */
  readonly store: Pick<MessageStore<never>, 'pending' | 'forget' | 'onStored' | 'isTransient' | 'park'>
  /** One batch through the kit: inbox, state, one outgoing message each, one commit. */
  handle(batch: readonly Message[]): Promise<unknown>
  /** The same rows or documents by the fewest statements on one connection, with one commit; absent when there is no server. */
  readonly bare?: Work
  /** Empties what the turns before have left, in the database and in the kit. */
  empty(): Promise<void>
  close(): Promise<void>
}
