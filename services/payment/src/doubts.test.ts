import { describe, expect, test } from 'vitest'
import { decide, remember, type State } from './payment.ts'
import { alice, amounts, type Event, event, keyboard, placed, rejected, released } from './testing/given.ts'

describe('what contradicts the payment', () => {
  const start: State = { payment: undefined, account: alice }
  const paid: State = {
    payment: { status: 'CAPTURED', ...amounts, capturedId: 'captured' },
    account: { ...alice, balance: 600 },
  }
  const back = [{ type: 'PaymentRefunded', data: { ...amounts, reason: 'out_of_stock' } }]
  const refusal = { ...rejected, causationId: 'captured' } as Event
  const release = (paymentId?: string) =>
    ({ ...released, data: { ...released.data, ...(paymentId === undefined ? {} : { paymentId }) } }) as Event

  test('it remembers what it told', () => {
    const { state } = decide(start, placed)
    expect(state.payment && remember(state.payment, { id: 'captured', type: 'PaymentCaptured' })).toEqual(paid.payment)
    expect(paid.payment && remember(paid.payment, { id: 'x', type: 'PaymentRefunded' })).toEqual(paid.payment)
  })
  test('a refusal of its own capture is refunded', () => expect(decide(paid, refusal).emit).toEqual(back))
  test('a release of its own capture is refunded', () => expect(decide(paid, release('captured')).emit).toHaveLength(1))
  const capture = { id: 'captured', type: 'PaymentCaptured', at: '', correlationId: refusal.correlationId, data: {} }
  const withSaga = { ...paid, payment: { ...paid.payment, told: [capture] } } as State
  test('a refusal in its own saga is refunded', () => expect(decide(withSaga, refusal).emit).toEqual(back))
  const others: [string, State, Event][] = [
    ['a refusal of another one', paid, { ...rejected, causationId: 'other' } as Event],
    ['a refusal of nothing', paid, rejected],
    ['a release of another one', paid, release('other')],
    ['a release that does not say of which', paid, release()],
    ['a refusal of another saga', withSaga, { ...refusal, correlationId: 'other' } as Event],
    ['a refusal where nothing is known', start, refusal],
    ['a refusal where it was declined', { ...start, payment: { status: 'DECLINED', ...amounts, reason: 'x' } }, refusal],
  ]
  test.each(others)('%s refunds nothing', (_name, state, e) =>
    expect(decide(state, e)).toEqual({ state, emit: [], suspicious: expect.any(String) }),
  )
  test.each([{ total: 1 }, { currency: 'USD' }, { customerId: 'bob' }])(
    'another order of its id, %j, is never paid for',
    (other) => {
      const forged = {
        ...event('OrderPlaced', 'order', { ...keyboard, ...other }),
        id: 'forged',
        correlationId: 'forged',
      } as Event
      const { customerId } = { ...keyboard, ...other }
      const emit = [{ type: 'PaymentDeclined', data: { customerId, reason: 'order_contradicted' } }]
      expect(decide(paid, forged)).toEqual({ state: paid, emit, suspicious: expect.any(String) })
      const declinedBefore: State = { ...start, payment: { status: 'DECLINED', ...amounts, reason: 'x' } }
      expect(decide(declinedBefore, forged)).toEqual({ state: declinedBefore, emit })
      const declined = { ...capture, id: 'told', type: 'PaymentDeclined', correlationId: 'forged', causationId: 'forged' }
      const told = [{ ...capture, causationId: placed.id }, declined]
      const answered = { ...paid, payment: { ...paid.payment, told } } as State
      expect(decide(answered, forged)).toEqual({ state: answered, emit: [], suspicious: expect.any(String) })
    },
  )
  test('the same told by another event is of no effect', () =>
    expect(decide(paid, { ...placed, id: 'again', correlationId: 'again' } as Event)).toEqual({ state: paid, emit: [] }))
  test('one that does not begin its saga is none', () =>
    expect(decide(start, { ...placed, id: 'other' } as Event)).toEqual({
      state: start,
      emit: [],
      suspicious: expect.any(String),
    }))
})
