import type { Bug } from './bug.ts'
import { bugsInDecisions } from './in-decisions.ts'
import { bugsInKit } from './in-kit.ts'
import { bugsInWaiting } from './in-waiting.ts'

export type { Bug }

/** Each has to be found: an exploration that finds no defects proves nothing. */
export const bugs: readonly Bug[] = [...bugsInKit, ...bugsInWaiting, ...bugsInDecisions]
