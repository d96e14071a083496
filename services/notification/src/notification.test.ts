import type { Incoming } from '@shop/choreography'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, type Notification } from './notification.ts'

type Event = Incoming<'notification'>

const envelope = { key: '5c1…', at: '2026-01-01T00:00:00.000Z', correlationId: 'OrderPlaced' }
const confirmed = (total = 9_980, currency = 'EUR'): Event => ({
  type: 'OrderConfirmed',
  id: 'OrderConfirmed',
  ...envelope,
  data: { customerId: 'alice', total, currency },
})
const cancelled = (reason: string): Event => ({
  type: 'OrderCancelled',
  id: 'OrderCancelled',
  ...envelope,
  data: { customerId: 'alice', total: 9_980, currency: 'EUR', reason },
})

const given = (...events: Event[]) => ({
  when: (event: Event) => ({
    // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it
    then: (expected: Notification) => expect(decide(run(events), event)).toEqual(expected),
    thenNothing: () => {
      const before = run(events)
      expect(decide(before, event)).toBe(before)
    },
  }),
})
const run = (events: readonly Event[]) => events.reduce<Notification | undefined>(decide, undefined)

const toAlice = { customerId: 'alice', at: envelope.at }

describe('the customer is told', () => {
  test('that the order is confirmed', () =>
    given()
      .when(confirmed())
      .then({ ...toAlice, kind: 'order-confirmed', text: 'Your order 5c1… over 99.80 EUR is confirmed.' }))
  test('that the order was cancelled, and why', () =>
    given()
      .when(cancelled('address_not_served'))
      .then({
        ...toAlice,
        kind: 'order-cancelled',
        text: 'Your order 5c1… over 99.80 EUR was cancelled: address not served.',
      }))
  test.each([
    [1, '0.01 EUR'],
    [100, '1.00 EUR'],
    [129_900, '1299.00 EUR'],
    [12_990_000_000_001, '129900000000.01 EUR'],
  ])('the amount %i in full: %s', (total, text) => expect(decide(undefined, confirmed(total))?.text).toContain(` ${text} `))
})

describe('once', () => {
  test.each([
    ['the same again', confirmed(), confirmed()],
    ['the same again', cancelled('out_of_stock'), cancelled('out_of_stock')],
    ['another end', confirmed(), cancelled('out_of_stock')],
    ['another end', cancelled('out_of_stock'), confirmed()],
  ])('%s changes nothing', (_name, first, second) => given(first).when(second).thenNothing())

  test('whatever comes, the first news is the one that is sent', () => {
    const events = fc.array(fc.constantFrom(confirmed(), cancelled('out_of_stock'), cancelled('order_cancelled')), {
      minLength: 1,
    })
    fc.assert(
      fc.property(events, (arrived) => {
        expect(run(arrived)).toEqual(run(arrived.slice(0, 1)))
        expect(run(arrived)?.kind).toBe(arrived[0]?.type === 'OrderConfirmed' ? 'order-confirmed' : 'order-cancelled')
      }),
    )
  })
})
