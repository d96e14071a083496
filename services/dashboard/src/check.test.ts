import { expect, test, vi } from 'vitest'
import { CheckRuns } from './check.ts'

const node = (script: string) => new CheckRuns([process.execPath, '-e', script, '--'])
const finished = async (runs: CheckRuns) => {
  await vi.waitUntil(() => !runs.view().running, { timeout: 20_000 })
  return runs.view().last
}

test('shows what the check printed, one run at a time', async () => {
  const violations = Array.from({ length: 50 }, (_, i) => ({ text: `wrong ${i}` }))
  const invariant = { id: 'money', title: 'Money is kept', outcome: 'violated', figures: {}, violationCount: 50, violations }
  const report = { holds: false, notAtRest: ['orders'], invariants: [invariant] }
  const runs = node(`console.log(${JSON.stringify(JSON.stringify(report))}); process.exitCode = 1`)
  expect(runs.start(0)).toBe(true)
  expect(runs.start(0)).toBe(false)
  const last = await finished(runs)
  expect(last).toMatchObject({ holds: false, notAtRest: ['orders'] })
  expect(last?.invariants[0]?.violations).toHaveLength(10)
  expect(runs.start(0)).toBe(false)
})

test.each([
  ['says why', "console.error('check: PostgreSQL is away'); process.exit(2)", /PostgreSQL is away/],
  ['ends in silence', 'process.exit(2)', /without a result/],
  ['prints without end', "setInterval(() => process.stdout.write('x'.repeat(1e6)), 1)", /without a result/],
])(
  'a check that %s is told of',
  async (_how, script, reason) => {
    const runs = node(script)
    runs.start(0)
    const last = await finished(runs)
    expect(last?.error).toMatch(reason)
    expect(last?.holds).toBeUndefined()
  },
  30_000,
)

test('where the databases cannot be reached, it says how to run it', () => {
  const runs = new CheckRuns(undefined)
  expect(runs.start(0)).toBe(false)
  expect(runs.view()).toMatchObject({ available: false, command: expect.stringContaining('docker compose run') })
})
