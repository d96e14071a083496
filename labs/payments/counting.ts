/** PURE: what became of the payments, counted. */
import type { Payment } from './payment.ts'

/** One effect of a payment. A payment booked twice has two. */
export interface Booking extends Pick<Payment, 'id' | 'account' | 'sequence'> {
  /** Which of the consumers that lived one after the other made it, from 1 on. */
  readonly life: number
  /** Milliseconds since 1970. */
  readonly atMs: number
}

export interface Counts {
  readonly sent: number
  /** Payments that had an effect, however often. */
  readonly handled: number
  /** Payments that were sent, as their producer was told, and had no effect. */
  readonly lost: number
  /** Effects beyond the first one of a payment. */
  readonly doubled: number
  /** Payments whose first effect came after that of a later payment of their account. */
  readonly outOfOrder: number
  /** Effects per second while a consumer worked; pauses between two consumers are left out. 0 when it cannot be told. */
  readonly perSecond: number
}

/** @param bookings in the order in which they were made. @throws when one is of a payment that nobody sent. */
export const countsOf = (sent: readonly Payment[], bookings: readonly Booking[]): Counts => {
  const known = new Set(sent.map(({ id }) => id))
  const seen = new Set<string>()
  const latest = new Map<string, number>()
  let outOfOrder = 0
  for (const { id, account, sequence } of bookings) {
    if (!known.has(id)) throw new Error(`a payment was booked that nobody sent: ${id}`)
    if (seen.has(id)) continue
    seen.add(id)
    if (sequence < (latest.get(account) ?? 0)) outOfOrder++
    else latest.set(account, sequence)
  }
  return {
    sent: sent.length,
    handled: seen.size,
    lost: sent.length - seen.size,
    doubled: bookings.length - seen.size,
    outOfOrder,
    perSecond: rateOf(bookings),
  }
}

const rateOf = (bookings: readonly Booking[]): number => {
  let effects = 0
  let workedMs = 0
  for (const ofLife of Map.groupBy(bookings, ({ life }) => life).values()) {
    const times = ofLife.map(({ atMs }) => atMs)
    effects += ofLife.length - 1
    workedMs += Math.max(...times) - Math.min(...times)
  }
  return workedMs === 0 ? 0 : Math.round((effects / workedMs) * 1_000)
}
