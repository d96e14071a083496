import type { Emitted, Incoming } from '@shop/choreography'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CancellationCause,
  decide,
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

type Event = Incoming<'order'>
type Fact = Emitted<'order'>
/** What can happen to an order: an event comes in, or somebody asks to cancel it. */
type Step = Event | CancellationCause

const pending: Order = {
  status: 'PENDING',
  customerId: 'alice',
  lines: [{ sku: 'keyboard', quantity: 2, unitPrice: 4_990 }],
  total: 9_980,
  currency: 'EUR',
  shippingAddress: { name: 'Alice', street: 'Way 1', city: 'Bonn', postalCode: '53111', country: 'DE' },
  history: [{ type: 'OrderPlaced', at: '2026-01-01T00:00:00.000Z', eventId: 'OrderPlaced' }],
  placedAt: '2026-01-01T00:00:00.000Z',
  deadlineAt: '2026-01-01T00:05:00.000Z',
  correlationId: 'OrderPlaced',
}

/** The type is the id, so the same call is the same event again. */
const event = (type: Event['type'], reason = 'out_of_stock'): Event => {
  const money = { customerId: 'alice', amount: 9_980, currency: 'EUR' }
  const data = {
    PaymentCaptured: money,
    StockReserved: { lines: [{ sku: 'keyboard', quantity: 2 }] },
    DeliveryScheduled: { carrier: 'Stadtbote' },
    PaymentDeclined: { customerId: 'alice', reason },
    PaymentRefunded: { ...money, reason },
  }[type]
  const envelope = { id: type, key: 'order', at: '2026-01-01T00:00:01.000Z', correlationId: 'OrderPlaced' }
  return { type, ...envelope, causationId: 'cause', data } as Event
}

const captured = event('PaymentCaptured')
const reserved = event('StockReserved')
const scheduled = event('DeliveryScheduled')
const declined = event('PaymentDeclined', 'insufficient_funds')
const refunded = event('PaymentRefunded', 'out_of_stock')

const confirmation: Fact = { type: 'OrderConfirmed', data: { customerId: 'alice', total: 9_980, currency: 'EUR' } }
const cancellation = (reason: string): Fact => ({
  type: 'OrderCancelled',
  data: { customerId: 'alice', total: 9_980, currency: 'EUR', reason },
})
const requested = (cause: CancellationCause): Fact => ({ type: 'OrderCancellationRequested', data: { cause } })

const take = (order: Order, step: Step): { readonly order: Order; readonly told: readonly Fact[] } => {
  if (typeof step === 'string') {
    const { order: after, emit } = requestCancellation(order, step)
    return { order: after, told: emit }
  }
  const { state, emit } = decide(order, step)
  if (state === undefined) throw new Error('the order is gone')
  return { order: remember(state, step), told: emit }
}

/** given(…steps, from PENDING).when(step).then(what is told, what changes beside the history) */
const given = (...steps: Step[]) => {
  const before = steps.reduce((order, step) => take(order, step).order, pending)
  return {
    when: (step: Step) => {
      const { order, told } = take(before, step)
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it
        then: (emit: readonly Fact[], changes: Partial<Order>) => {
          expect(told).toEqual(emit)
          expect(order).toEqual({ ...before, ...changes, history: order.history })
        },
      }
    },
  }
}

describe('every event in every state', () => {
  const whileOpen = (status: Status): Record<Event['type'], Status> => ({
    PaymentCaptured: status,
    StockReserved: status,
    DeliveryScheduled: 'CONFIRMED',
    PaymentDeclined: 'CANCELLED',
    PaymentRefunded: 'CANCELLED',
  })
  const onceEnded = (status: Status): Record<Event['type'], Status> => ({
    PaymentCaptured: status,
    StockReserved: status,
    DeliveryScheduled: status,
    PaymentDeclined: status,
    PaymentRefunded: status,
  })
  const answers: Record<Status, { reachedBy: Step[]; leadsTo: Record<Event['type'], Status> }> = {
    PENDING: { reachedBy: [], leadsTo: whileOpen('PENDING') },
    CANCELLING: { reachedBy: ['customer'], leadsTo: whileOpen('CANCELLING') },
    CONFIRMED: { reachedBy: [captured, scheduled], leadsTo: onceEnded('CONFIRMED') },
    CANCELLED: { reachedBy: [captured, refunded], leadsTo: onceEnded('CANCELLED') },
  }
  const rows = Object.entries(answers).flatMap(([from, { reachedBy, leadsTo }]) =>
    Object.entries(leadsTo).map(([type, to]) => [from, type as Event['type'], to, reachedBy] as const),
  )
  test.each(rows)('%s, %s → %s', (from, type, to, reachedBy) => {
    const refused = from === 'CANCELLING' ? { cancellationRefused: true as const } : {}
    const ended = { CONFIRMED: [confirmation], CANCELLED: [cancellation('why')] }[to as string] ?? []
    const changes = { CONFIRMED: { status: to, ...refused }, CANCELLED: { status: to, reason: 'why' } }[to as string] ?? {}
    given(...reachedBy)
      .when(event(type, 'why'))
      .then(from === to ? [] : ended, from === to ? {} : changes)
  })

  test.each([captured, reserved, scheduled, declined, refunded])('an order that was never placed here, $type: nothing', (e) =>
    expect(decide(undefined, e)).toEqual({ state: undefined, emit: [] }),
  )
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
    ['confirmed', [scheduled], 'too-late'],
    ['cancelled', [declined], 'too-late'],
    ['confirmed although asked before', ['deadline', scheduled], 'too-late'],
  ]
  test.each(refusals)('changes nothing: %s', (_name, steps, outcome) => {
    given(...steps)
      .when('deadline')
      .then([], {})
    const order = steps.reduce((o, step) => take(o, step).order, pending)
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
      { type: 'DeliveryScheduled', at: scheduled.at, eventId: scheduled.id, causationId: 'cause' },
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
  const told: Fact[] = []
  const order = steps.reduce((before, step) => {
    const { order: after, told: facts } = take(before, step)
    told.push(...facts)
    return after
  }, pending)
  return { order, told, endings: told.filter((fact) => fact.type !== 'OrderCancellationRequested') }
}

describe('whatever the order of arrival, whatever comes again, and whenever somebody asks to cancel', () => {
  test.each(Object.entries(sagas))('%s: the same end, told once', (name, { topics, ending }) =>
    fc.assert(
      fc.property(
        requests.chain((request) => arrivals([...topics, ...request])),
        (steps) => {
          const { order, told, endings } = run(steps)
          expect(endings).toEqual([ending])
          expect(order.status).toBe(name === 'completed' ? 'CONFIRMED' : 'CANCELLED')
          expect(order.reason).toBe(ending.type === 'OrderCancelled' ? ending.data.reason : undefined)
          const ends = topics.flat().at(-1) as Step
          const askedInTime = steps.slice(0, steps.indexOf(ends)).find((step) => typeof step === 'string')
          expect(told.filter((fact) => fact !== endings[0])).toEqual(askedInTime === undefined ? [] : [requested(askedInTime)])
          expect(order.cancellationRequestedBy).toBe(askedInTime)
          expect(order.cancellationRefused).toBe(name === 'completed' && askedInTime ? true : undefined)
          const heard = [...new Set(steps.flatMap((step) => (typeof step === 'string' ? [] : [step.id])))]
          expect(order.history.map((e) => e.eventId)).toEqual(['OrderPlaced', ...heard])
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
