import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  historyOfTypeMax,
  type Order,
  type PlaceOrder,
  type Product,
  placed,
  price,
  remember,
  requestCancellation,
  type Status,
} from './order.ts'
import {
  begun,
  cancellation,
  captured,
  confirmation,
  declined,
  type Event,
  event,
  type Fact,
  given,
  pending,
  refunded,
  requested,
  reserved,
  type Step,
  scheduled,
  take,
} from './testing/given.ts'

describe('an open order', () => {
  const statuses: [Status, Step[], object][] = [
    ['PENDING', [], {}],
    ['CANCELLING', ['customer'], { cancellationRefused: true }],
  ]
  describe.each(statuses)('that is %s', (_status, asked, refused) => {
    test('is confirmed when what was paid for and reserved is delivered', () =>
      given(...asked, captured, reserved)
        .when(scheduled)
        .then([confirmation], { status: 'CONFIRMED', ...refused }))
    test.each([
      [captured, reserved, scheduled],
      [scheduled, captured, reserved],
      [reserved, scheduled, captured],
    ])('is so in whatever order they come', (...events) => {
      const { order, doubts } = [...asked, ...events].reduce(take, begun)
      expect(order.status).toBe('CONFIRMED')
      expect(doubts).toEqual([])
    })
    test('is cancelled when it is declined', () =>
      given(...asked)
        .when(declined)
        .then([cancellation('insufficient_funds')], { status: 'CANCELLED', reason: 'insufficient_funds' }))
    test('is cancelled when it is refunded', () =>
      given(...asked, captured)
        .when(refunded)
        .then([cancellation('out_of_stock')], { status: 'CANCELLED', reason: 'out_of_stock' }))
    test.each([captured, reserved])('notes $type', (e) =>
      given(...asked)
        .when(e)
        .then([], {}),
    )
  })

  test.each([
    ['CONFIRMED', [captured, reserved, scheduled]],
    ['CANCELLED', [captured, refunded]],
    ['CANCELLED', [declined]],
  ] as const)('that has ended stays %s when all comes again', (_status, events) => {
    for (const again of events)
      given(...events)
        .when(again)
        .then([], {})
  })
})

describe('a request to cancel', () => {
  test.each(['customer', 'deadline'] as const)('of a pending order is passed on: %s', (cause) => {
    given(captured)
      .when(cause)
      .then([requested(cause)], { status: 'CANCELLING', cancellationRequestedBy: cause })
    expect(requestCancellation(pending, cause).outcome).toBe('requested')
  })

  const refusals: [string, Step[], string][] = [
    ['asked already', ['customer'], 'already-requested'],
    ['confirmed', [captured, reserved, scheduled], 'too-late'],
    ['cancelled', [declined], 'too-late'],
    ['confirmed although asked before', ['deadline', captured, reserved, scheduled], 'too-late'],
  ]
  test.each(refusals)('changes nothing: %s', (_name, steps, outcome) => {
    given(...steps)
      .when('deadline')
      .then([], {})
    const { order } = steps.reduce(take, begun)
    expect(requestCancellation(order, 'deadline')).toEqual({ outcome, order, emit: [] })
  })

  test('is granted when delivery knew it in time: CANCELLING → CANCELLED', () =>
    given(captured, 'customer', reserved)
      .when(event('PaymentRefunded', 'order_cancelled'))
      .then([cancellation('order_cancelled')], { status: 'CANCELLED', reason: 'order_cancelled' }))
  test('is refused when the delivery was scheduled: CANCELLING → CONFIRMED', () =>
    given(captured, 'deadline', reserved)
      .when(scheduled)
      .then([confirmation], { status: 'CONFIRMED', cancellationRefused: true }))
})

describe('the price', () => {
  const product = (sku: string, cents: number): [string, Product] => [sku, { sku, name: sku, price: cents, currency: 'EUR' }]
  const products = new Map([product('keyboard', 4_990), product('mouse', 1_990), product('laptop', 129_900)])
  const buy = (...lines: [sku: string, quantity: number][]): PlaceOrder => ({
    customerId: 'alice',
    lines: lines.map(([sku, quantity]) => ({ sku, quantity })),
    shippingAddress: pending.shippingAddress,
  })

  test('is the sum over the lines, each at its own price, also of a product that stands there twice', () =>
    expect(price(buy(['keyboard', 2], ['mouse', 3], ['keyboard', 1]), products)).toEqual({
      lines: [
        { sku: 'keyboard', quantity: 2, unitPrice: 4_990 },
        { sku: 'mouse', quantity: 3, unitPrice: 1_990 },
        { sku: 'keyboard', quantity: 1, unitPrice: 4_990 },
      ],
      total: 3 * 4_990 + 3 * 1_990,
      currency: 'EUR',
    }))
  test('of the largest order is exact', () =>
    expect(price(buy(...Array.from({ length: 100 }, () => ['laptop', 1_000_000] as [string, number])), products)).toMatchObject({
      total: 12_990_000_000_000,
    }))
  test.each(['toaster', '__proto__', 'constructor', ''])('names the first line whose product does not exist: %j', (sku) =>
    expect(price(buy(['mouse', 1], [sku, 1], ['nothing', 1]), products)).toEqual({ unknownLine: 1 }),
  )
})

test('what is told of a placed order has no prices of lines', () =>
  expect(placed(pending)).toEqual({
    type: 'OrderPlaced',
    data: {
      customerId: 'alice',
      lines: [{ sku: 'keyboard', quantity: 2 }],
      total: 9_980,
      currency: 'EUR',
      shippingAddress: pending.shippingAddress,
    },
  }))

describe('the history', () => {
  test('keeps events in the order in which they came, with their causes', () =>
    expect(remember(pending, scheduled, { id: 'told', type: 'OrderConfirmed', at: 'then' }).history).toEqual([
      ...pending.history,
      { type: 'DeliveryScheduled', at: scheduled.at, eventId: scheduled.id, causationId: 'StockReserved' },
      { type: 'OrderConfirmed', at: 'then', eventId: 'told' },
    ]))
  test('keeps each event once, whether it comes again later or at the same time', () => {
    const once = remember(pending, captured)
    expect(remember(once, captured)).toBe(once)
    expect(remember(pending, captured, reserved, captured)).toEqual(remember(pending, captured, reserved))
  })
  test('stays small however many events come, and still takes each other step', () => {
    const flooded = Array.from({ length: 1_000 }).reduce<Order>(
      (order, _, n) => remember(order, { ...captured, id: `forged-${n}` }),
      pending,
    )
    expect(flooded.history.length).toBe(pending.history.length + historyOfTypeMax)
    const ended = remember(flooded, reserved, scheduled, { id: 'told', type: 'OrderConfirmed', at: 'then' })
    expect(ended.history.slice(-3).map(({ type }) => type)).toEqual(['StockReserved', 'DeliveryScheduled', 'OrderConfirmed'])
  })
})

/** What the order service hears in one saga, by topic; the last one ends it. */
const sagas: Record<string, { topics: Event[][]; ending: Fact }> = {
  completed: { topics: [[captured], [reserved], [scheduled]], ending: confirmation },
  declined: { topics: [[declined]], ending: cancellation('insufficient_funds') },
  'out of stock': { topics: [[captured, refunded]], ending: cancellation('out_of_stock') },
  'delivery rejected': {
    topics: [[reserved], [captured, event('PaymentRefunded', 'address_not_served')]],
    ending: cancellation('address_not_served'),
  },
}

const requests = fc.constantFrom<Step[][]>([], [['customer']], [['deadline']])

/** Every order in which the steps can come: the topics are independent, each keeps its order, and what came may come again. */
const arrivals = (topics: readonly (readonly Step[])[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.nat(), { maxLength: 16 }).map((picks) => {
    const coming = topics.map((steps) => [...steps])
    const arrived: Step[] = []
    for (const pick of picks) {
      const heads = coming.filter((steps) => steps.length > 0)
      const index = pick % Math.max(1, heads.length + arrived.length)
      const step = heads[index]?.shift() ?? arrived[index - heads.length]
      if (step !== undefined) arrived.push(step)
    }
    return [...arrived, ...coming.flat()]
  })

const run = (steps: readonly Step[]) => {
  const { order, told, doubts } = steps.reduce(take, begun)
  return { order, told, doubts, endings: told.filter((fact) => fact.type !== 'OrderCancellationRequested') }
}

describe('whatever the order of arrival, whatever comes again, and whenever somebody asks to cancel', () => {
  test.each(Object.entries(sagas))('%s: the same end, told once', (name, { topics, ending }) =>
    fc.assert(
      fc.property(
        requests.chain((request) => arrivals([...topics, ...request])),
        (steps) => {
          const { order, told, doubts, endings } = run(steps)
          expect(doubts).toEqual([])
          expect(endings).toEqual([ending])
          expect(order.status).toBe(name === 'completed' ? 'CONFIRMED' : 'CANCELLED')
          expect(order.reason).toBe(ending.type === 'OrderCancelled' ? ending.data.reason : undefined)
          // It ends when the last of them has come for the first time, as far as they wait for each other.
          const ends = name === 'completed' ? topics.flat() : topics.flat().slice(-1)
          const endsAt = Math.max(...ends.map((e) => steps.indexOf(e)))
          const askedInTime = steps.slice(0, endsAt).find((step) => typeof step === 'string')
          expect(told.filter((fact) => fact !== endings[0])).toEqual(askedInTime === undefined ? [] : [requested(askedInTime)])
          expect(order.cancellationRequestedBy).toBe(askedInTime)
          expect(order.cancellationRefused).toBe(name === 'completed' && askedInTime ? true : undefined)
          const heard = [...new Set(steps.flatMap((step) => (typeof step === 'string' ? [] : [step.id])))]
          expect(order.history.map((e) => e.eventId).sort()).toEqual(['OrderPlaced', ...heard].sort())
        },
      ),
      { numRuns: 500 },
    ),
  )

  test('even what cannot happen, such as delivered and refunded: it ends at most once, and stays as it ended', () => {
    const steps = fc.array(fc.constantFrom<Step[]>(captured, reserved, scheduled, declined, refunded, 'customer', 'deadline'))
    fc.assert(
      fc.property(steps, steps, (until, after) => {
        const { order, endings } = run(until)
        expect(endings.length).toBe(['CONFIRMED', 'CANCELLED'].includes(order.status) ? 1 : 0)
        if (endings.length === 0) return
        const later = run([...until, ...after])
        expect(later.endings).toEqual(endings)
        expect({ ...later.order, history: [] }).toEqual({ ...order, history: [] })
      }),
      { numRuns: 500 },
    )
  })
})
