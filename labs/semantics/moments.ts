/** PURE: when a consumer is killed. */
import { randomOf } from '../random.ts'

/** A consumer is killed at its n-th booking: before the booking is made, or after it and before anybody is told. */
export interface Moment {
  readonly booking: number
  readonly when: 'before' | 'after'
}

/** How the payments are divided among the consumers that live one after the other. */
export interface Plan {
  /** One for each consumer that is killed. */
  readonly moments: readonly Moment[]
  /** So many payments are sent before each consumer begins; the last share is the rest. */
  readonly share: number
}

/** A consumer has its share at least, so that it gets to its moment whatever the ones before it have lost. */
const earliest = 0.2
const latest = 0.8

/**
 * The first is killed before an effect and the second after one: what acknowledges first loses at the one, what acknowledges
 * afterwards doubles at the other, so that the signs do not hang on chance. The moments themselves are the seed's.
 */
export const planOf = (seed: number, payments: number, kills: number): Plan => {
  const random = randomOf(seed ^ 0x5eed)
  const share = Math.floor(payments / (kills + 1))
  const moments = Array.from({ length: kills }, (_, index): Moment => {
    const chosen = random.pick(['before', 'after'] as const)
    const when = index === 0 ? 'before' : index === 1 ? 'after' : chosen
    return { booking: random.between(Math.ceil(share * earliest), Math.floor(share * latest)), when }
  })
  return { moments, share }
}
