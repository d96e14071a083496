import { expect, test } from 'vitest'
import { bugs, sound } from './bugs.ts'
import { World } from './world.ts'

/** SEEDS: how many runs; FROM: the first seed. */
const seeds = Number(process.env.SEEDS ?? 1_000)
const from = Number(process.env.FROM ?? 1)
const seedsOfBugMax = 1_000

test(`${seeds} runs: every saga ends as its order, money and stock are kept, with and without an inbox`, async () => {
  const ends = { CONFIRMED: 0, CANCELLED: 0 }
  for (let seed = from; seed < from + seeds; seed++)
    for (const hasInbox of [true, false]) {
      const world = new World(seed, { ...sound, hasInbox })
      const wrong = await world.run()
      expect(wrong, `seed ${seed}, inbox ${hasInbox}:\n${world.trace.join('\n')}`).toEqual([])
      for (const { status } of world.orders.values()) if (status === 'CONFIRMED' || status === 'CANCELLED') ends[status]++
    }
  // not vacuous: orders end in both ways
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(seeds)
}, 1_200_000)

test.each(Object.keys(bugs))('a planted bug is found: it %s', async (name) => {
  for (let seed = 1; seed <= seedsOfBugMax; seed++) {
    const wrong = await new World(seed, { ...sound, ...bugs[name] }).run()
    if (wrong.length > 0) return
  }
  throw new Error(`${seedsOfBugMax} seeds did not find it`)
})
