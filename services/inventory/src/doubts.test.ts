import { describe, expect, test } from 'vitest'
import type { State } from './inventory.ts'
import {
  captured,
  decide,
  type Event,
  lines,
  placed,
  plenty,
  rejected,
  reservedFact,
  scheduled,
  stockOf,
} from './testing/given.ts'

describe('what contradicts the order', () => {
  const stateAfter = (...events: Event[]): State =>
    events.reduce((state, e) => decide(state, e).state, { reservation: undefined, stock: stockOf(plenty) } as State)
  const forged = { ...placed, id: 'forged', correlationId: 'forged' }
  const another = 'it is another order than the one that was placed before'
  const others: [string, object][] = [
    ['a cent', { total: 1 }],
    ['another currency', { currency: 'USD' }],
    ['another customer', { customerId: 'bob' }],
    ['other lines', { lines: [{ sku: 'mouse', quantity: 3 }] }],
  ]
  test.each(others)('a second OrderPlaced, over %s, is doubted, and the payment is answered by a refusal', (_name, changes) => {
    const before = stateAfter(placed)
    const { state, emit, suspicious } = decide(before, { ...forged, data: { ...placed.data, ...changes } })
    expect([emit, suspicious]).toEqual([[], another])
    expect(state.reservation).toEqual({ ...before.reservation, contradicted: true })
    const { state: after, emit: told } = decide(state, captured)
    expect(told).toEqual([{ type: 'StockRejected', data: { reason: 'order_contradicted' } }])
    expect([after.reservation?.status, after.stock]).toEqual(['REJECTED', before.stock])
  })
  test('once reserved it stays so', () => {
    const before = stateAfter(placed, captured)
    expect(decide(before, { ...forged, data: { ...placed.data, total: 1 } })).toEqual({
      state: before,
      emit: [],
      suspicious: another,
    })
  })
  test('the same told by another event contradicts it as well', () => {
    const before = stateAfter(placed)
    expect(decide(before, forged)).toMatchObject({ emit: [], suspicious: expect.any(String) })
    expect(decide(before, placed)).toEqual({ state: before, emit: [] })
  })
  test('one that does not begin its saga is none', () =>
    expect(decide(stateAfter(), { ...placed, id: 'other' })).toMatchObject({ emit: [], suspicious: expect.any(String) }))

  const payments: [string, Event][] = [
    ['a cent', { ...captured, data: { ...captured.data, amount: 1 } }],
    ['another currency', { ...captured, data: { ...captured.data, currency: 'USD' } }],
    ['another customer', { ...captured, data: { ...captured.data, customerId: 'bob' } }],
    ['another order', { ...captured, causationId: 'forged' }],
    ['no order', { ...captured, causationId: undefined }],
  ]
  test.each(payments)('a payment of %s reserves nothing', (_name, e) => {
    const before = stateAfter(placed)
    expect(decide(before, e)).toEqual({ state: before, emit: [], suspicious: expect.any(String) })
  })

  const answers: [string, Event[], Event][] = [
    ['scheduled, of nothing', [], scheduled],
    ['rejected, of nothing', [], rejected],
    ['scheduled before it was paid for', [placed], scheduled],
    ['scheduled with another cause', [placed, captured], { ...scheduled, causationId: 'forged' }],
    ['rejected with another cause', [placed, captured], { ...rejected, causationId: 'forged' }],
    ['rejected after it was issued', [placed, captured, scheduled], rejected],
    ['scheduled after it was released', [placed, captured, rejected], scheduled],
  ]
  test.each(answers)('a delivery %s moves no goods', (_name, events, e) => {
    const before = stateAfter(...events)
    expect(decide(before, e)).toEqual({ state: before, emit: [], suspicious: expect.any(String) })
  })
  test('a delivery of what was refused moves no goods', () => {
    const before = decide({ reservation: { lines, status: 'REJECTED' }, stock: stockOf({}) }, placed).state
    for (const e of [scheduled, rejected]) expect(decide(before, e)).toMatchObject({ emit: [], suspicious: expect.any(String) })
  })

  test('what an earlier release kept is taken on trust', () => {
    const before: State = { reservation: { lines }, stock: stockOf(plenty) }
    const { state, emit } = decide(before, { ...captured, causationId: undefined })
    expect(emit).toEqual([reservedFact])
    const old: State = { ...state, reservation: { lines, status: 'RESERVED' } }
    expect(decide(old, { ...rejected, causationId: 'any' }).emit).toEqual([
      { type: 'StockReleased', data: { lines, reason: 'address_not_served' } },
    ])
  })
})
