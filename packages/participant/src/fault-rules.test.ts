import { describe, expect, test, vi } from 'vitest'
import { FaultInjected, FaultRules, faultRule, readFaultRules, timedFaultRule } from './fault-rules.ts'

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() } as unknown as ConstructorParameters<
  typeof FaultRules
>[0]
const rules = (...given: object[]) => {
  const faults = new FaultRules(log)
  for (const rule of given) faults.add(faultRule.parse(rule))
  return faults
}
const passes = async (faults: FaultRules, ...passing: [type: string, key: string][]): Promise<boolean> => {
  try {
    await faults.pass(
      'before-commit',
      passing.map(([type]) => type),
      passing.map(([, key]) => key),
    )
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(FaultInjected)
    return false
  }
}

describe('a fault', () => {
  test('meets the n-th pass of its type, and as many more as it says', async () => {
    const faults = rules({ point: 'before-commit', type: 'Paid', action: 'throw', nth: 2, times: 2 })
    const seen = []
    for (const type of ['Paid', 'Other', 'Paid', 'Paid', 'Paid']) seen.push(await passes(faults, [type, 'a']))
    expect(seen).toEqual([true, true, false, false, true])
    expect(faults.list()).toEqual([])
  })
  test('meets only its point, and only its order', async () => {
    const faults = rules({ point: 'before-commit', key: 'b', action: 'throw', times: 100 })
    await faults.pass('after-commit', ['Paid'], ['b'])
    expect(await passes(faults, ['Paid', 'a'])).toBe(true)
    expect(await passes(faults, ['Paid', 'a'], ['Paid', 'b'])).toBe(false)
  })
  test('that poisons goes on failing one order, and no other', async () => {
    const faults = rules({ point: 'before-commit', type: 'Paid', action: 'poison', nth: 2 })
    expect(await passes(faults, ['Paid', 'a'])).toBe(true)
    expect(await passes(faults, ['Other', 'c'], ['Paid', 'b'])).toBe(false)
    expect(faults.list()).toMatchObject([{ victim: 'b' }])
    expect(await passes(faults, ['Paid', 'a'])).toBe(true)
    expect(await passes(faults, ['Other', 'b'])).toBe(true)
    expect(await passes(faults, ['Paid', 'b'])).toBe(false)
  })
  test('stalls for as long as it says', async () => {
    const faults = rules({ point: 'before-commit', action: 'stall', stallMs: 30 })
    const begunAt = performance.now()
    expect(await passes(faults, ['Paid', 'a'])).toBe(true)
    expect(performance.now() - begunAt).toBeGreaterThan(29)
  })
  test('ends by itself, or when it is removed', async () => {
    vi.useFakeTimers()
    const faults = new FaultRules(log)
    const { forMs, ...rule } = timedFaultRule.parse({ point: 'before-commit', action: 'throw', times: 9, forMs: 1_000 })
    faults.add(rule, forMs)
    const { id } = faults.add(rule, 5_000)
    expect(faults.list()).toHaveLength(2)
    vi.advanceTimersByTime(1_001)
    expect(faults.list()).toHaveLength(1)
    expect(faults.remove(id)).toBe(true)
    expect(faults.remove(id)).toBe(false)
    expect(await passes(faults, ['Paid', 'a'])).toBe(true)
    vi.useRealTimers()
  })
  test('is one of at most 100', () => {
    const faults = rules(...Array.from({ length: 100 }, () => ({ point: 'before-commit', action: 'throw' })))
    expect(() => faults.add(faultRule.parse({ point: 'before-commit', action: 'throw' }))).toThrow(/remove some first/)
  })
})

describe('FAULTS', () => {
  test('is a JSON list of rules', () => {
    expect(readFaultRules('[{"point":"after-commit","action":"crash"}]')).toEqual([
      { point: 'after-commit', action: 'crash', nth: 1, times: 1 },
    ])
  })
  test.each([
    ['nonsense', /FAULTS is no JSON/],
    ['{}', /FAULTS is wrong at its top/],
    ['[{"point":"nowhere","action":"crash"}]', /FAULTS is wrong at 0\.point/],
    ['[{"point":"after-commit","action":"stall"}]', /0\.stallMs: expected 1 to 600000 ms/],
    ['[{"point":"after-commit","action":"crash","nth":0}]', /0\.nth/],
    ['[{"point":"after-commit","action":"crash","when":1}]', /when/],
  ])('%s is refused', (text, why) => {
    expect(() => readFaultRules(text)).toThrow(why)
  })
})
