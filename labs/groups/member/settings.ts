/** What a member is told when it begins, as JSON on its command line, and what it tells. */
export interface MemberSettings {
  readonly name: string
  readonly brokers: readonly string[]
  readonly postgresUrl: string
  readonly topic: string
  readonly groupId: string
  /** Told apart by it in the bookings; from 1 on. */
  readonly number: number
  /** How long after handling the offset is committed. */
  readonly commitIntervalMs: number
}

export type Told =
  /** Some records of a partition are done with. */
  | { readonly kind: 'handled'; readonly partition: number; readonly records: number; readonly atMs: number }
  /** So many came although they had been booked before; the inbox dropped them. */
  | { readonly kind: 'again'; readonly records: number }

/** From the laboratory: leave the group in order. */
export const leaveNow = 'leave'

/** A member that is not heard of for so long is put out. */
export const sessionTimeoutMs = 1_500
export const heartbeatIntervalMs = 300
