import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { bugs } from './bugs/index.ts'
import { partsWith, runSeed } from './campaign.ts'
import { Coverage } from './coverage.ts'
import { type Hunt, huntBugs, simulate } from './simulate.ts'

/** Kinds of kills that the five services have; a further service adds some. */
const killsOfFive = 106

const main = join(import.meta.dirname, 'main.ts')
const simulateWith = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })

const traceOf = async (seed: number, bug?: string): Promise<string[]> => {
  const lines: string[] = []
  const planted = bugs.find((b) => b.name === bug)
  const breaches = await runSeed(seed, partsWith(planted), new Coverage(), (line) => lines.push(line))
  return [...lines, ...breaches.map((b) => `${b.id}: ${b.text}`)]
}

test('10,000 seeded runs of the real code keep every invariant, with kills at every fault point of every service and event type', async () => {
  const { failures, kills, ends, runs } = await simulate({ from: 1, seeds: 10_000, workers: 2 })
  expect(failures).toEqual([])
  expect([...kills.missing, ...ends.missing]).toEqual([])
  expect(kills.of).toBeGreaterThanOrEqual(killsOfFive)
  expect(runs).toBe(10_000)
})

describe('a planted bug is found', () => {
  let hunt: Hunt
  beforeAll(async () => {
    hunt = await huntBugs({ from: 1, seeds: 5_000, workers: 2 })
  }, 300_000)

  test.each(bugs)('$name: it $does', ({ name }) => {
    const found = hunt.bugs.find((b) => b.name === name)
    expect(found?.foundAt).toBeGreaterThan(0)
    // An error that escapes would say that the bug is planted wrongly, not that what it does is seen.
    expect(found?.by).not.toContain('escaped')
  })
})

describe('a seed', () => {
  test('gives the same run each time, whatever ran before it', async () => {
    const first = await traceOf(7)
    await traceOf(8)
    expect(await traceOf(7)).toEqual(first)
    expect(first.length).toBeGreaterThan(20)
    expect(await traceOf(8)).not.toEqual(first)
  })

  test('that fails prints what happened, what is wrong, and the command that runs it again', async () => {
    const first = simulateWith('--seeds', '50', '--bug', 'forget-before-publish', '--workers', '1')
    expect(first.status).toBe(1)
    const command = /^again: npm run simulate -- (.*)$/m.exec(first.stdout)?.[1]
    expect(command).toMatch(/^--seed \d+ --bug forget-before-publish$/)
    expect(first.stdout).toMatch(/^✗ no-lost-events: order .* there is no \w+( [\da-f-]+)? on the topics/m)
    expect(first.stdout).toMatch(/^ +\d+ ms {2}order#1 .* orders 1 /m)
    const again = simulateWith(...(command ?? '').split(' '))
    expect(again.status).toBe(1)
    expect(first.stdout).toContain(again.stdout.trim())
  })
})

describe('npm run simulate', () => {
  test('fails as vacuous when it has not killed a process everywhere, and names where', () => {
    const { status, stdout } = simulateWith('--seeds', '3', '--workers', '1')
    expect(status).toBe(1)
    expect(stdout).toMatch(/✗ vacuous: \d+ of \d{3} \(fault point, service, event type\)/)
    expect(stdout).toContain('after-commit payment StockReleased')
  })

  test('prints its result for machines', () => {
    const { stdout } = simulateWith('--seeds', '20', '--workers', '1', '--json')
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ runs: 20, failedCount: 0, failures: [] })
    expect(result.kills.of).toBeGreaterThanOrEqual(killsOfFive)
  })

  test.each([
    [['--seeds', 'many'], '--seeds must be a whole number from 1 on'],
    [['--bug', 'none'], 'there is no bug called none; the names are: dedupe-off,'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j is refused with what to do', (args, sentence) => {
    const { status, stderr } = simulateWith(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(sentence)
  })

  test('--help tells its options', () => {
    expect(execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' })).toMatch(
      /--seeds N[\s\S]*--bugs[\s\S]*Exit code/,
    )
  })
})
