import { expect, test } from 'vitest'
import { bugs, sound } from './bugs.ts'
import { World } from './world.ts'

/** SEEDS: how many runs; FROM: the first seed. */
const seeds = Number(process.env.SEEDS ?? 1_500)
const from = Number(process.env.FROM ?? 1)
const seedsOfBugMax = 3_000

test(`${seeds} runs: all or nothing, nothing in doubt for ever, and the answer is what was done`, async () => {
  const outcomes = new Map<string, number>()
  for (let seed = from; seed < from + seeds; seed++) {
    const world = new World(seed, sound)
    const wrong = await world.run()
    expect(wrong, `seed ${seed}:\n${world.trace.join('\n')}`).toEqual([])
    for (const outcome of world.answers.values()) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  // not vacuous: purchases end in both ways while all this goes on
  expect(outcomes.get('commit')).toBeGreaterThan(seeds / 10)
  expect(outcomes.get('abort')).toBeGreaterThan(seeds / 10)
}, 1_200_000)

test.each(Object.keys(bugs))('a planted bug is found: it %s', async (name) => {
  for (let seed = 1; seed <= seedsOfBugMax; seed++) {
    const wrong = await new World(seed, { ...sound, ...bugs[name] }).run()
    if (wrong.length > 0) return
  }
  throw new Error(`${seedsOfBugMax} seeds did not find it`)
})
