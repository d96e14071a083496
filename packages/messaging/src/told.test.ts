import { describe, expect, test } from 'vitest'
import { causedBy, type Message, startedBy } from './message.ts'
import { keepTold, type Telling, toldAgain } from './told.ts'

interface State extends Telling {
  readonly name: string
}

const first = startedBy({ key: 'order', traceparent: 'trace' }, { type: 'Placed', data: { total: 1 } })
const second = causedBy(first, { type: 'Paid', data: { amount: 1 } })
const untraced = ({ traceparent: _, ...message }: Message): Message => message

describe('what was told is kept beside the state', () => {
  test('and told again with the same ids, times, causes and data, in its order', () => {
    const once = keepTold<State>({ name: 'a' }, undefined, [first])
    const twice = keepTold(once, once, [second])
    expect(toldAgain('order', twice)).toEqual([untraced(first), untraced(second)])
    expect(twice.name).toBe('a')
  })
  test('also where a decision made the state anew', () => {
    const before = keepTold<State>({ name: 'a' }, undefined, [first])
    expect(toldAgain('order', keepTold<State>({ name: 'b' }, before, [second]))).toHaveLength(2)
  })
  test('which stays the same object when nothing was told', () => {
    const state: State = { name: 'a' }
    expect(keepTold(state, undefined, [])).toBe(state)
    const kept = keepTold(state, undefined, [first])
    expect(keepTold(kept, kept, [])).toBe(kept)
  })
  test('and is bounded', () => {
    const state = Array.from({ length: 40 }).reduce<State>((s) => keepTold(s, s, [first]), { name: 'a' })
    expect(state.told).toHaveLength(16)
    expect(toldAgain('order', { ...state, told: undefined as never })).toEqual([])
  })
})
