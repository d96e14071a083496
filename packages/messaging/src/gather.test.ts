import { describe, expect, it } from 'vitest'
import { gather, Overloaded } from './gather.ts'

/** A run that the test ends by hand. */
const manualRuns = () => {
  const runs: { items: readonly number[]; succeed: () => void; fail: (error: Error) => void }[] = []
  const run = (items: readonly number[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      runs.push({ items, succeed: () => resolve(items.map((item) => `r${item}`)), fail: reject })
    })
  const at = (index: number) => {
    const found = runs[index]
    if (!found) throw new Error(`no run ${index}`)
    return found
  }
  return { run, runs, at }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('gather', () => {
  it('runs the calls of one tick together and gives each its own results', async () => {
    const { run, runs, at } = manualRuns()
    const call = gather({ run, maxItems: 10, maxQueued: 100 })
    const results = Promise.all([call([1, 2]), call([3]), call([])])
    await settled()
    at(0).succeed()
    expect(await results).toEqual([['r1', 'r2'], ['r3'], []])
    expect(runs.map(({ items }) => items)).toEqual([[1, 2, 3]])
  })

  it('has one run under way at a time and gathers what is asked meanwhile, in order', async () => {
    const { run, runs, at } = manualRuns()
    const call = gather({ run, maxItems: 10, maxQueued: 100 })
    const first = call([1])
    await settled()
    const later = [call([2]), call([3, 4])]
    await settled()
    expect(runs).toHaveLength(1)
    at(0).succeed()
    expect(await first).toEqual(['r1'])
    await settled()
    expect(at(1).items).toEqual([2, 3, 4])
    at(1).succeed()
    expect(await Promise.all(later)).toEqual([['r2'], ['r3', 'r4']])
  })

  it('never splits a call that fits into a run, nor lets a later one overtake it', async () => {
    const runs: (readonly number[])[] = []
    const run = async (items: readonly number[]) => {
      runs.push(items)
      return items
    }
    const call = gather({ run, maxItems: 3, maxQueued: 100 })
    await Promise.all([call([1, 2]), call([3, 4]), call([5]), call([6])])
    expect(runs).toEqual([[1, 2], [3, 4, 5], [6]])
  })

  it('cuts a call larger than a run into runs of its own, and ends it at the first failure', async () => {
    const { run, runs, at } = manualRuns()
    const call = gather({ run, maxItems: 2, maxQueued: 100 })
    const large = call([1, 2, 3, 4, 5])
    const refused = expect(large).rejects.toThrow('no')
    const other = call([6])
    await settled()
    at(0).succeed()
    await settled()
    at(1).fail(new Error('no'))
    await refused
    await settled()
    at(2).succeed()
    expect(await other).toEqual(['r6'])
    expect(runs.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [6]])
  })

  it('joins the results of a cut call', async () => {
    const call = gather({ run: async (items: readonly number[]) => items.map((item) => item * 2), maxItems: 2, maxQueued: 100 })
    expect(await call([1, 2, 3, 4, 5])).toEqual([2, 4, 6, 8, 10])
  })

  it('fails the calls of a failing run and goes on with the next', async () => {
    const { run, at } = manualRuns()
    const call = gather({ run, maxItems: 10, maxQueued: 100 })
    const failing = [call([1]), call([2])].map((promise) => expect(promise).rejects.toThrow('no'))
    await settled()
    const next = call([3])
    at(0).fail(new Error('no'))
    await Promise.all(failing)
    await settled()
    at(1).succeed()
    expect(await next).toEqual(['r3'])
  })

  it('refuses what would wait beyond its bound, and takes calls again once that has shrunk', async () => {
    const { run, at } = manualRuns()
    const call = gather({ run, maxItems: 10, maxQueued: 3 })
    const first = call([1, 2, 3])
    await settled() // under way, so no longer waiting
    const second = call([4, 5])
    await expect(call([6, 7])).rejects.toBeInstanceOf(Overloaded)
    const third = call([8])
    at(0).succeed()
    await first
    await settled()
    at(1).succeed()
    expect(await Promise.all([second, third])).toEqual([['r4', 'r5'], ['r8']])
    const fourth = call([9, 10, 11])
    await settled()
    at(2).succeed()
    expect(await fourth).toHaveLength(3)
  })

  it('fails the calls when the run returns too few results', async () => {
    const call = gather({ run: async () => [], maxItems: 10, maxQueued: 10 })
    await expect(call([1])).rejects.toThrow('0 results for 1 items')
  })
})
