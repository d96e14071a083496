import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { canonical, Interned } from './interned.ts'
import type { Inspected, Model } from './model.ts'
import { StateTable } from './state-table.ts'

/** A graph of numbered places: place → the places that can be gone to from there. */
const graph = (ways: Readonly<Record<number, readonly number[]>>, inspect: (place: number) => Inspected): Model => ({
  width: 1,
  starts: [{ name: 'start', state: Uint32Array.of(0) }],
  steps: ([place = 0], take) => {
    for (const to of ways[place] ?? []) take(Uint32Array.of(to), `to ${to}`)
    return 0
  },
  inspect: ([place = 0]) => inspect(place),
})

const endsAt = (end: number) => (place: number) => (place === end ? { end: 'there' } : {})

describe('an exploration', () => {
  test('meets every state once, and counts states, transitions, depth and ends', () => {
    const diamond = graph({ 0: [1, 2], 1: [3], 2: [3] }, endsAt(3))
    expect(explore(diamond)).toMatchObject({ states: 4, transitions: 4, depth: 2, open: 0, ends: { there: 1 } })
    expect(explore(diamond)).not.toHaveProperty('violation')
    expect(explore(diamond)).not.toHaveProperty('boundedBy')
  })

  test('gives a shortest trace of what is wrong', () => {
    const ways = { 0: [1, 4], 1: [2], 2: [3], 4: [3], 3: [5] }
    const { violation } = explore(graph(ways, (place) => (place === 3 ? { wrong: 'three' } : {})))
    expect(violation).toEqual({ kind: 'wrong', text: 'three', trace: ['start', 'to 4', 'to 3'] })
  })

  test('finds what is wrong at a start', () => {
    const { violation, states } = explore(graph({}, () => ({ wrong: 'all' })))
    expect(violation).toEqual({ kind: 'wrong', text: 'all', trace: ['start'] })
    expect(states).toBe(1)
  })

  test('finds where nothing can happen any more', () => {
    const { violation } = explore(graph({ 0: [1, 2] }, endsAt(1)))
    expect(violation).toMatchObject({ kind: 'stuck', trace: ['start', 'to 2'] })
  })

  test('finds from where only a circle goes on', () => {
    const { violation } = explore(graph({ 0: [1, 2], 2: [3], 3: [4], 4: [2] }, endsAt(1)))
    expect(violation).toMatchObject({ kind: 'no-end', trace: ['start', 'to 2'] })
  })

  test('holds no circle for wrong that can be left', () => {
    expect(explore(graph({ 0: [2], 2: [3], 3: [2, 1] }, endsAt(1)))).not.toHaveProperty('violation')
  })

  const line = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, [i + 1]]))

  test('stops at a bound of states, and says how much it left', () => {
    expect(explore(graph(line, endsAt(100)), { statesMax: 10 })).toMatchObject({
      states: 10,
      boundedBy: 'states',
      open: 1,
      ends: {},
    })
  })

  test('stops at a bound of steps', () => {
    expect(explore(graph(line, endsAt(100)), { depthMax: 7 })).toMatchObject({ states: 8, boundedBy: 'depth', depth: 7, open: 1 })
  })

  test('whose end lies at the bound is whole', () => {
    const whole = explore(graph(line, endsAt(100)))
    expect(whole).toMatchObject({ states: 101, depth: 100, ends: { there: 1 } })
  })
})

test('a table keeps many states apart, and finds each again', () => {
  const table = new StateTable(3)
  const states = Array.from({ length: 20_000 }, (_, i) => Uint32Array.of(i % 7, i, i >>> 3))
  expect(states.map((s) => table.add(s))).toEqual(states.map((_, i) => i))
  expect(states.map((s) => table.add(s))).toEqual(states.map((_, i) => i))
  expect(table.count).toBe(20_000)
  expect(table.state(12_345)).toEqual(states[12_345])
})

describe('interned values', () => {
  test('are the same number when they are equal, in whatever order their members were written', () => {
    const met: unknown[] = []
    const values = new Interned<unknown>((value) => met.push(value))
    const first = { a: 1, b: [{ c: null, d: 'x' }] }
    expect(values.numberOf(first)).toBe(0)
    expect(values.numberOf({ b: [{ d: 'x', c: null }], a: 1 })).toBe(0)
    expect(values.numberOf({ ...first, a: 2 })).toBe(1)
    expect(values.numberOf({ ...first, a: 2, e: undefined })).toBe(1)
    expect(values.valueOf(0)).toBe(first)
    expect(met).toHaveLength(2)
    expect(() => values.valueOf(2)).toThrow(RangeError)
  })

  test('are told apart by type', () => {
    expect(new Set([1, '1', null, true, 'true', [1], {}].map(canonical)).size).toBe(7)
  })
})
