import type { Bug } from './bug.ts'
import { bugsInDecisions } from './in-decisions.ts'
import { bugsInDoubts } from './in-doubts.ts'
import { bugsInIntervals } from './in-intervals.ts'
import { bugsInMessaging } from './in-messaging.ts'
import { bugsInReading } from './in-reading.ts'
import { bugsInStores } from './in-stores.ts'
import { bugsInTellingAgain } from './in-telling-again.ts'
import { bugsInWaiting } from './in-waiting.ts'

export type { Bug }

/** Each has to be found: a simulation that finds no defects proves nothing. */
export const bugs: readonly Bug[] = [
  ...bugsInStores,
  ...bugsInMessaging,
  ...bugsInDecisions,
  ...bugsInDoubts,
  ...bugsInWaiting,
  ...bugsInTellingAgain,
  ...bugsInReading,
  ...bugsInIntervals,
]
