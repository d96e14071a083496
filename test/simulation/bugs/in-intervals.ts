/** Services that measure how long something takes, or rests, by a clock that somebody sets. */
import { type LetterQuery, startedBy } from '@shop/messaging'
import type { Bug } from './bug.ts'
import { bound } from './in-messaging.ts'

/** By the wall clock, as events are stamped. */
const nowMs = (): number => Date.parse(startedBy({ key: '' }, { type: '', data: {} }).at)

export const bugsInIntervals: readonly Bug[] = [
  {
    name: 'progress-by-the-wall-clock',
    does: 'measures by the wall clock for how long a consumer has not gone on',
    plant: () => ({ intervalsBy: 'wall clock' }),
  },
  {
    name: 'compensation-by-the-wall-clock',
    does: 'does not try a compensation again until the clock is where it was before it was set back',
    plant: (real) => ({
      deadLetters: (options) => {
        const { store } = options
        const letters = async (query: LetterQuery) => {
          const found = await store.letters(query)
          return query.kind === 'failed' ? found.filter((l) => Date.parse(l.failure.lastAt) <= nowMs()) : found
        }
        return real.deadLetters({ ...options, store: { ...bound(store), letters } })
      },
    }),
  },
]
