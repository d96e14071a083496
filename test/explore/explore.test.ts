import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { bugs } from './bugs/index.ts'
import { type Exploration, explore } from './explorer/explore.ts'
import { hunt, shopOf } from './hunt.ts'

const main = join(import.meta.dirname, 'main.ts')
const exploreWith = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })

const timeMax = 60
const ends = [
  'CANCELLED: account_blocked',
  'CANCELLED: address_not_served',
  'CANCELLED: currency_mismatch',
  'CANCELLED: insufficient_funds',
  'CANCELLED: no_carrier',
  'CANCELLED: order_cancelled by customer',
  'CANCELLED: order_cancelled by deadline',
  'CANCELLED: out_of_stock',
  'CANCELLED: payment_refused',
  'CANCELLED: unknown_customer',
  'CANCELLED: unknown_sku',
  'CONFIRMED',
  'CONFIRMED: cancellation by customer refused',
  'CONFIRMED: cancellation by deadline refused',
]

describe('one order', () => {
  let whole: Exploration
  beforeAll(() => {
    whole = explore(shopOf(1, { hasLetters: true }))
  })

  test('keeps everything in all states that it can come to, and can end from each', () => {
    expect(whole.violation).toBeUndefined()
    expect(whole.boundedBy).toBeUndefined()
    expect(whole.open).toBe(0)
    expect(whole.seconds).toBeLessThan(timeMax)
  })

  test('ends in every way that there is', () => {
    expect(Object.keys(whole.ends)).toEqual(ends)
  })

  test('has more states with dead letters than without, and what is delivered again changes none of them', () => {
    const plain = explore(shopOf(1, { hasLetters: false }))
    expect(plain.violation).toBeUndefined()
    expect(plain.ends).toEqual(whole.ends)
    expect(plain.states).toBeGreaterThan(1_000)
    expect(whole.states).toBeGreaterThan(2 * plain.states)
    expect(whole.idle).toBeGreaterThan(whole.transitions)
  })
})

test('two orders of one customer and of the same goods keep everything as far as they are walked', () => {
  const { violation, states, boundedBy } = explore(shopOf(2, { hasLetters: false }), { statesMax: 150_000 })
  expect(violation).toBeUndefined()
  expect(boundedBy).toBe('states')
  expect(states).toBeGreaterThanOrEqual(150_000)
})

describe('a planted bug is found', () => {
  test.each(bugs)('$name: it $does', (bug) => {
    const { violation } = hunt(bug, { statesMax: 200_000 }).exploration
    expect(violation?.trace.length).toBeGreaterThan(1)
    // That a service doubts what another one told is a finding; that it cannot go on is none.
    expect(violation?.text).not.toMatch(/cannot decide \w+: Error: (?!honest-is-trusted)/)
  })

  test('with its shortest trace', () => {
    const tombstone = bugs.find((b) => b.name === 'tombstone-missing')
    const { trace = [] } = (tombstone && hunt(tombstone, {}).exploration.violation) ?? {}
    expect(trace).toHaveLength(12)
    expect(trace).toContain('delivery handles OrderCancellationRequested')
    expect(trace.at(-1)).toBe('delivery handles StockReserved → DeliveryScheduled')
  })
})

describe('npm run explore', () => {
  test('prints counts, ends and that all holds', () => {
    const { status, stdout } = exploreWith()
    expect(stdout).toMatch(
      /^[\d,]+ states \(all that can be reached\), [\d,]+ transitions .* \d+ steps deep\n[\d.]+ s, [\d,]+ states\/s/,
    )
    expect(stdout).toMatch(/^ +\d+ {2}CONFIRMED$/m)
    expect(stdout).toContain('✓ from every state an end can be reached')
    expect(status).toBe(0)
  })

  test('says which bound it reached', () => {
    const { status, stdout } = exploreWith('--orders', '2', '--states', '5000')
    expect(stdout).toMatch(/bounded by --states: from [\d,]+ of them it went no further/)
    expect(status).toBe(0)
  })

  test('prints the shortest trace of a planted bug', () => {
    const { status, stdout } = exploreWith('--bug', 'overdraws')
    expect(stdout).toContain('begins with too little money\n   1. order relays OrderPlaced\n   2. payment handles OrderPlaced')
    expect(status).toBe(0)
  })

  test('fails when a planted bug is not found within its bounds', () => {
    const { status, stdout } = exploreWith('--bug', 'overdraws', '--depth', '1')
    expect(stdout).toContain('✗ overdraws')
    expect(status).toBe(1)
  })

  test('prints its result for machines', () => {
    const { stdout } = exploreWith('--depth', '3', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ orders: 1, boundedBy: 'depth', depth: 3 })
  })

  test.each([
    [['--orders', '4'], '--orders needs a whole number from 1 to 3'],
    [['--states', 'many'], '--states needs a whole number from 1 on'],
    [['--bug', 'none'], 'there is no bug called none; the names are: dedupe-off,'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j is refused with what to do', (args, sentence) => {
    const { status, stderr } = exploreWith(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(sentence)
  })

  test('--help tells its options', () => {
    expect(execFileSync(process.execPath, [main, '--help'], { encoding: 'utf8' })).toMatch(
      /--orders N[\s\S]*--bugs[\s\S]*Exit status/,
    )
  })
})
