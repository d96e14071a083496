import { describe, expect, test } from 'vitest'
import { Saga, type Seen } from './timeline.ts'

const event = (service: string, type: string, atMs: number, causationId?: string, data = {}): Seen => ({
  atMs,
  orderId: 'o',
  id: `${type}-id`,
  type,
  causationId: causationId && `${causationId}-id`,
  service,
  data,
})

describe('a saga, line by line', () => {
  test('says who told what because of what, and how long after the beginning', () => {
    const saga = new Saga()
    saga.see(event('order', 'OrderPlaced', 1_000))
    expect(saga.see(event('payment', 'PaymentCaptured', 1_025, 'OrderPlaced'))).toMatchObject({
      service: 'payment',
      what: 'PaymentCaptured',
      elapsedMs: 25,
      detail: 'because of OrderPlaced',
      tone: 'step',
    })
  })
  test('ties a compensation to the step that it undoes', () => {
    const saga = new Saga()
    for (const e of [event('order', 'OrderPlaced', 0), event('payment', 'PaymentCaptured', 1, 'OrderPlaced')]) saga.see(e)
    saga.see(event('inventory', 'StockRejected', 2, 'PaymentCaptured', { reason: 'out_of_stock' }))
    const refund = saga.see(event('payment', 'PaymentRefunded', 3, 'StockRejected', { reason: 'out_of_stock' }))
    expect(refund).toMatchObject({
      detail: 'undoes PaymentCaptured, because of StockRejected, reason: out_of_stock',
      tone: 'undone',
    })
  })
  test('tells who is awaited, until it has ended', () => {
    const saga = new Saga()
    saga.see(event('order', 'OrderPlaced', 0))
    expect(saga.awaited()).toEqual(['payment: PaymentCaptured or PaymentDeclined'])
    saga.see(event('payment', 'PaymentDeclined', 1, 'OrderPlaced'))
    expect(saga.awaited()).toEqual(['order: OrderCancelled'])
    saga.see(event('order', 'OrderCancelled', 2, 'PaymentDeclined'))
    expect(saga.awaited()).toEqual([])
    expect(saga.ended).toBe(true)
  })
  test('shows duplicates and dead letters as what they are', () => {
    const saga = new Saga()
    const placed = event('order', 'OrderPlaced', 0)
    saga.see(placed)
    expect(saga.see(placed)).toMatchObject({ what: 'OrderPlaced again', tone: 'quiet' })
    const letter = { ...placed, service: 'payment', deadLetter: { kind: 'failed', error: 'TypeError: broken' } }
    expect(saga.see(letter)).toMatchObject({
      service: 'payment',
      what: 'cannot handle OrderPlaced',
      detail: 'dead letter (failed): TypeError: broken',
      tone: 'trouble',
    })
  })
})
