import { describe, expect, test } from 'vitest'
import { decide } from './order.ts'
import {
  begun,
  cancellation,
  captured,
  confirmation,
  declined,
  type Event,
  given,
  refunded,
  reserved,
  type Step,
  scheduled,
  take,
} from './testing/given.ts'

describe('what contradicts the order', () => {
  const but = <E extends Event>(e: E, changes: object, data: object = {}): E => ({
    ...e,
    id: 'forged',
    ...changes,
    data: { ...e.data, ...data },
  })

  test.each([captured, reserved, scheduled, declined, refunded])('one that was never placed here, $type', (e) =>
    expect(decide(undefined, e)).toEqual({ state: undefined, emit: [], suspicious: 'there is no such order' }),
  )

  const elsewhere = 'it belongs to another saga than this order'
  const doubts: [string, Step[], Event, string][] = [
    [
      'a delivery that answers nothing',
      [captured, reserved],
      but(scheduled, { causationId: 'x' }),
      'it answers a reservation that nobody told of',
    ],
    [
      'a delivery of what was reserved for another payment',
      [but(reserved, { id: 'other', causationId: 'x' }), captured, reserved],
      but(scheduled, { causationId: 'other' }),
      'it answers a reservation for another payment',
    ],
    ['a delivery after it was cancelled', [captured, reserved, refunded], but(scheduled, {}), 'the order was cancelled'],
    [
      'a reservation for another payment',
      [captured],
      but(reserved, { causationId: 'x' }),
      'it answers another payment than this order’s',
    ],
    ['a reservation of another saga', [captured], but(reserved, { correlationId: 'x' }), elsewhere],
    ['a delivery of another saga', [captured, reserved], but(scheduled, { correlationId: 'x' }), elsewhere],
    ['a refund of another saga', [captured], but(refunded, { correlationId: 'x' }), elsewhere],
    ['a second payment', [captured], but(captured, {}), 'it was paid for before'],
    ['another payment beside its own', [captured], but(captured, {}, { amount: 1 }), 'it is not the payment that was asked for'],
    ['another payment after its end', [declined], but(captured, {}, { amount: 1 }), 'it is not the payment that was asked for'],
    ['another order declined', [], but(declined, { causationId: 'x' }), 'it declines another order'],
    ['declined after it was paid for', [captured], but(declined, {}), 'it was paid for before'],
    ['a refund of nothing', [], but(refunded, {}), 'nothing was captured that could be refunded'],
    ['a refund of another amount', [captured], but(refunded, {}, { amount: 1 }), 'it is not what was captured'],
    ['a refund after it was confirmed', [captured, reserved, scheduled], but(refunded, {}), 'the order was confirmed'],
  ]
  test.each(doubts)('%s is doubted', (_name, steps, e, why) =>
    given(...steps)
      .when(e)
      .thenDoubted(why),
  )

  const others: [string, Event][] = [
    ['a cent', but(captured, {}, { amount: 1 })],
    ['another currency', but(captured, {}, { currency: 'USD' })],
    ['another customer', but(captured, {}, { customerId: 'bob' })],
    ['another OrderPlaced', but(captured, { causationId: 'x' })],
    ['another saga', but(captured, { correlationId: 'x' })],
  ]
  test.each(others)('a payment with %s is none', (_name, e) => {
    given().when(e).thenDoubted('it is not the payment that was asked for')
    given(e)
      .when(but(refunded, {}, e.data))
      .thenDoubted('nothing was captured that could be refunded')
    given(e)
      .when(declined)
      .then([cancellation('insufficient_funds')], { status: 'CANCELLED', reason: 'insufficient_funds' })
  })

  test('a reservation for any payment that agrees in everything counts: only payment knows which one it told', () => {
    const other = but(captured, {})
    const answers = [but(reserved, { id: 'answer', causationId: 'forged' }), but(scheduled, { causationId: 'answer' })]
    const { order, doubts } = [captured, other, ...answers].reduce(take, begun)
    expect(order).toMatchObject({ status: 'CONFIRMED', capturedAgain: ['forged'] })
    expect(doubts).toEqual(['it was paid for before'])
  })

  test('its own payment after a forged one still counts', () => {
    const forged = but(captured, {}, { amount: 1 })
    given(forged, captured, reserved).when(scheduled).then([confirmation], { status: 'CONFIRMED' })
    given(forged, captured)
      .when(refunded)
      .then([cancellation('out_of_stock')], { status: 'CANCELLED', reason: 'out_of_stock' })
  })
})
