import { type Emitted, type Incoming, needsOf } from '@shop/choreography'
import { type Arrivals, arrange, type Message, Needs, noArrivals } from '@shop/messaging/driver'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide as decideAlone, type Line, type Reservation, remember, type State, type Stock } from './inventory.ts'

type Event = Incoming<'inventory'>
type Type = Event['type']

/** What was told, and the event that it answers. */
interface Effect {
  readonly cause: Event
  readonly fact: Emitted<'inventory'>
}

const lines: Line[] = [
  { sku: 'mouse', quantity: 2 },
  { sku: 'keyboard', quantity: 1 },
]
const bodies = (ordered: readonly Line[]): { [T in Type]: Extract<Event, { type: T }>['data'] } => ({
  OrderPlaced: { customerId: 'alice', lines: [...ordered], total: 100, currency: 'EUR' },
  PaymentCaptured: { customerId: 'alice', amount: 100, currency: 'EUR' },
  DeliveryRejected: { reason: 'address_not_served' },
  DeliveryScheduled: { carrier: 'post' },
})
const causes: Record<Type, string> = {
  OrderPlaced: 'nothing',
  PaymentCaptured: 'OrderPlaced',
  DeliveryRejected: 'StockReserved',
  DeliveryScheduled: 'StockReserved',
}
/** The id says which order's which event it is, so the same call is the same event again. */
const event = <T extends Type>(type: T, key = 'order', ordered: readonly Line[] = lines) =>
  ({
    type,
    id: `${key}/${type}`,
    key,
    at: '2026-01-01T00:00:00.000Z',
    correlationId: `${key}/OrderPlaced`,
    causationId: `${key}/${causes[type]}`,
    data: bodies(ordered)[type],
  }) as Extract<Event, { type: T }>

/** What it tells is remembered by an id that says which order's it is. */
const decide = (...[state, e, isWithheld]: Parameters<typeof decideAlone>) => {
  const decision = decideAlone(state, e, isWithheld)
  const told = decision.emit.map(({ type }) => ({ id: `${e.key}/${type}`, type }))
  const { reservation } = decision.state
  if (reservation === undefined || told.length === 0) return decision
  return { ...decision, state: { ...decision.state, reservation: told.reduce(remember, reservation) } }
}

const origin = { eventId: 'order/OrderPlaced', customerId: 'alice', total: 100, currency: 'EUR' }
const answered = { placed: origin, capturedId: 'order/PaymentCaptured' }
const promised = { ...answered, reservedId: 'order/StockReserved' }

const placed = event('OrderPlaced')
const captured = event('PaymentCaptured')
const rejected = event('DeliveryRejected')
const scheduled = event('DeliveryScheduled')

const delivered = (quantity: number): Stock => ({ onHand: quantity, reserved: 0, issued: 0, received: quantity })
const stockOf = (quantities: Record<string, number>): Map<string, Stock> =>
  new Map(Object.entries(quantities).map(([sku, quantity]) => [sku, delivered(quantity)]))

interface Expected {
  readonly told?: readonly Emitted<'inventory'>[]
  readonly reservation?: Reservation
  /** onHand, reserved, issued. */
  readonly stock?: Record<string, readonly [number, number, number]>
}

/** given(stock, …events).when(event).then(what is told and what is so afterwards) */
const given = (quantities: Record<string, number>, ...events: Event[]) => {
  const empty: State = { reservation: undefined, stock: stockOf(quantities) }
  const before = events.reduce((state, e) => decide(state, e).state, empty)
  return {
    when: (e: Event) => {
      const { state, emit } = decide(before, e)
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it
        then: (expected: Expected) => {
          expect(emit).toEqual(expected.told ?? [])
          expect(state.reservation).toEqual(expected.reservation)
          for (const [sku, [onHand, reserved, issued]] of Object.entries(expected.stock ?? {}))
            expect(state.stock.get(sku)).toEqual({ onHand, reserved, issued, received: quantities[sku] })
        },
        thenNothing: () => {
          expect(emit).toEqual([])
          expect(state).toBe(before)
        },
      }
    },
  }
}

const needs = new Needs(needsOf('inventory'))

const plenty = { mouse: 10, keyboard: 10 }
const untouched = { mouse: [10, 0, 0], keyboard: [10, 0, 0] } as const
const held = { mouse: [10, 2, 0], keyboard: [10, 1, 0] } as const
const reservedFact = { type: 'StockReserved', data: { lines } } as const

describe('an order placed', () => {
  test('keeps the lines and tells nothing', () =>
    given(plenty)
      .when(placed)
      .then({ reservation: { lines, placed: origin }, stock: untouched }))
  test('twice changes nothing', () => given(plenty, placed).when(placed).thenNothing())
})

describe('a payment captured', () => {
  test('reserves all lines', () =>
    given(plenty, placed)
      .when(captured)
      .then({ told: [reservedFact], reservation: { lines, ...promised, status: 'RESERVED' }, stock: held }))
  test('reserves the last piece', () =>
    given({ mouse: 2, keyboard: 1 }, placed)
      .when(captured)
      .then({ told: [reservedFact], reservation: { lines, ...promised, status: 'RESERVED' }, stock: { mouse: [2, 2, 0] } }))
  test('reserves nothing when one line is out of stock', () =>
    given({ mouse: 10, keyboard: 0 }, placed)
      .when(captured)
      .then({
        told: [{ type: 'StockRejected', data: { reason: 'out_of_stock', sku: 'keyboard' } }],
        reservation: { lines, ...answered, status: 'REJECTED', reason: 'out_of_stock' },
        stock: { mouse: [10, 0, 0], keyboard: [0, 0, 0] },
      }))
  test('reserves nothing when a SKU is unknown', () =>
    given({ mouse: 10 }, placed)
      .when(captured)
      .then({
        told: [{ type: 'StockRejected', data: { reason: 'unknown_sku', sku: 'keyboard' } }],
        reservation: { lines, ...answered, status: 'REJECTED', reason: 'unknown_sku' },
        stock: { mouse: [10, 0, 0] },
      }))
  test('adds up the lines of one SKU', () => {
    const twice = [
      { sku: 'mouse', quantity: 3 },
      { sku: 'mouse', quantity: 2 },
    ]
    given({ mouse: 4 }, event('OrderPlaced', 'order', twice))
      .when(captured)
      .then({
        told: [{ type: 'StockRejected', data: { reason: 'out_of_stock', sku: 'mouse' } }],
        reservation: { lines: twice, ...answered, status: 'REJECTED', reason: 'out_of_stock' },
        stock: { mouse: [4, 0, 0] },
      })
    given({ mouse: 5 }, event('OrderPlaced', 'order', twice))
      .when(captured)
      .then({
        told: [{ type: 'StockReserved', data: { lines: twice } }],
        reservation: { lines: twice, ...promised, status: 'RESERVED' },
        stock: { mouse: [5, 5, 0] },
      })
  })
  test('is never carried out before the order: that would be a defect of the kit', () =>
    expect(() => decide({ reservation: undefined, stock: stockOf(plenty) }, captured)).toThrow('before OrderPlaced'))
})

describe('a delivery rejected', () => {
  test('releases what was reserved', () =>
    given(plenty, placed, captured)
      .when(rejected)
      .then({
        told: [{ type: 'StockReleased', data: { lines, reason: 'address_not_served', paymentId: captured.id } }],
        reservation: { lines, ...promised, status: 'RELEASED', reason: 'address_not_served' },
        stock: untouched,
      }))
})

describe('a delivery scheduled', () => {
  test('takes the goods out of the stock and tells nothing', () =>
    given(plenty, placed, captured)
      .when(scheduled)
      .then({ reservation: { lines, ...promised, status: 'ISSUED' }, stock: { mouse: [8, 0, 2], keyboard: [9, 0, 1] } }))
})

describe('what comes again changes nothing', () => {
  const histories: [string, Record<string, number>, Event[], Event[]][] = [
    ['lines kept', plenty, [placed], [placed]],
    ['RESERVED', plenty, [placed, captured], [placed, captured]],
    ['REJECTED', {}, [placed, captured], [placed, captured]],
    ['RELEASED', plenty, [placed, captured, rejected], [placed, captured, rejected]],
    ['ISSUED', plenty, [placed, captured, scheduled], [placed, captured, scheduled]],
  ]
  const pairs = histories.flatMap(([name, stock, events, again]) => again.map((e) => [name, e.type, stock, events, e] as const))
  test.each(pairs)('%s: %s', (_name, _type, stock, events, e) =>
    given(stock, ...events)
      .when(e)
      .thenNothing(),
  )
})

/** What one order is going to meet. Whether its stock suffices follows from the others. */
interface Plan {
  readonly lines: readonly Line[]
  readonly isPaid: boolean
  readonly delivery: 'DeliveryScheduled' | 'DeliveryRejected' | undefined
}

const line = fc.record({
  sku: fc.constantFrom('mouse', 'keyboard', 'monitor', 'unknown'),
  quantity: fc.integer({ min: 1, max: 5 }),
})
const plan = fc.record<Plan>({
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  isPaid: fc.boolean(),
  delivery: fc.constantFrom('DeliveryScheduled', 'DeliveryRejected', undefined),
})
const pieces = fc.integer({ min: 0, max: 12 })
const quantities = fc.record({ mouse: pieces, keyboard: pieces, monitor: pieces })
/** Each picks one of the events that can come next; the rest comes at the end. */
const picks = fc.array(fc.nat(), { maxLength: 60 })

interface World {
  readonly stock: ReadonlyMap<string, Stock>
  readonly reservations: ReadonlyMap<string, Reservation>
  readonly told: readonly Effect[]
  readonly waiting: readonly Message[]
}

const assertSound = (stock: ReadonlyMap<string, Stock>) => {
  for (const [sku, { onHand, reserved, issued, received }] of stock) {
    expect(reserved, `${sku} reserved`).toBeGreaterThanOrEqual(0)
    expect(reserved, `${sku} reserved of ${onHand}`).toBeLessThanOrEqual(onHand)
    expect(onHand + issued, `${sku} on hand and issued`).toBe(received)
  }
}

const sum = (all: readonly Line[], sku: string): number =>
  all.filter((l) => l.sku === sku).reduce((total, l) => total + l.quantity, 0)

/** Lets the events of all orders come in an order that can happen, any of them again at any time, as if no inbox dropped it. */
const run = (initial: Record<string, number>, plans: readonly Plan[], chosen: readonly number[]): World => {
  let stock: ReadonlyMap<string, Stock> = stockOf(initial)
  const reservations = new Map<string, Reservation>()
  const told: Effect[] = []
  const arrivals = new Map<string, Arrivals>()
  const seen: Event[] = []
  const coming: Event[] = plans.flatMap((p, i): Event[] => [
    event('OrderPlaced', `order-${i}`, p.lines),
    ...(p.isPaid ? [event('PaymentCaptured', `order-${i}`)] : []),
  ])

  const planOf = (e: Event) => plans[Number(e.key.slice('order-'.length))]
  /** As the kit does: what comes before what it needs is handed over behind it. */
  const take = (e: Event) => {
    const arranged = arrange([e], needs, (key) => arrivals.get(key) ?? noArrivals)
    for (const [key, kept] of arranged.arrivals) arrivals.set(key, kept)
    for (const due of arranged.due as readonly (Message & Event)[]) carryOut(due)
  }
  const carryOut = (e: Event) => {
    const before: State = { reservation: reservations.get(e.key), stock }
    const decision = decide(before, e)
    expect(decide(before, e), 'the same decision again: the state before it is as it was').toEqual(decision)
    assertSound(decision.state.stock)
    const ordered = planOf(e)?.lines ?? []
    const available = (sku: string) => {
      const found = stock.get(sku)
      return found === undefined ? -1 : found.onHand - found.reserved
    }
    for (const fact of decision.emit)
      if (fact.type !== 'StockReleased')
        expect(fact.type).toBe(
          ordered.every(({ sku }) => sum(ordered, sku) <= available(sku)) ? 'StockReserved' : 'StockRejected',
        )
    stock = decision.state.stock
    if (decision.state.reservation) reservations.set(e.key, decision.state.reservation)
    told.push(...decision.emit.map((fact) => ({ cause: e, fact })))
    const answer = planOf(e)?.delivery
    if (answer && decision.emit.some((fact) => fact.type === 'StockReserved')) coming.push(event(answer, e.key))
  }
  const takeNew = (index: number) => {
    const [e] = coming.splice(index, 1)
    if (e === undefined) return
    seen.push(e)
    take(e)
  }
  for (const pick of chosen) {
    const index = pick % Math.max(1, coming.length + seen.length)
    const again = seen[index - coming.length]
    if (again) take(again)
    else takeNew(index)
  }
  while (coming.length > 0) takeNew(0)
  return { stock, reservations, told, waiting: [...arrivals.values()].flatMap((a) => a.waiting) }
}

describe('whatever the order of arrival and whatever comes again', () => {
  test('one order ends in the same state, and the same is told of it', () => {
    fc.assert(
      fc.property(quantities, plan, picks, (initial, one, chosen) => {
        const straight = run(initial, [one], [])
        const { stock, reservations, told } = run(initial, [one], chosen)
        expect(stock).toEqual(straight.stock)
        expect(reservations).toEqual(straight.reservations)
        expect(told).toEqual(straight.told)
      }),
      { numRuns: 500 },
    )
  })

  test('many orders over the same SKUs: never oversold, each event told at most once, the stock accounted for', () => {
    fc.assert(
      fc.property(quantities, fc.array(plan, { minLength: 1, maxLength: 6 }), picks, (initial, plans, chosen) => {
        const { stock, reservations, told, waiting } = run(initial, plans, chosen)
        const facts = told.map(({ cause, fact }) => `${fact.type} of ${cause.key}`)
        expect(facts.length).toBe(new Set(facts).size)
        for (const { cause, fact } of told)
          expect(cause.type).toBe(fact.type === 'StockReleased' ? 'DeliveryRejected' : 'PaymentCaptured')

        for (const [i, { lines: ordered, isPaid, delivery }] of plans.entries()) {
          const r = reservations.get(`order-${i}`)
          expect(r?.lines).toEqual(ordered)
          expect(waiting).toEqual([])
          const statuses = !isPaid
            ? [undefined]
            : [{ DeliveryScheduled: 'ISSUED', DeliveryRejected: 'RELEASED', none: 'RESERVED' }[delivery ?? 'none'], 'REJECTED']
          expect(statuses).toContain(r?.status)
          const toldOfIt = told.filter((t) => t.cause.key === `order-${i}`).map((t) => t.fact.type)
          const tellings = {
            ISSUED: ['StockReserved'],
            RESERVED: ['StockReserved'],
            RELEASED: ['StockReserved', 'StockReleased'],
            REJECTED: ['StockRejected'],
            undecided: [],
          }
          expect(toldOfIt).toEqual(tellings[r?.status ?? 'undecided'])
        }
        const linesIn = (status: Reservation['status']) =>
          [...reservations.values()].flatMap((r) => (r.status === status ? (r.lines ?? []) : []))
        for (const [sku, { reserved, issued }] of stock) {
          expect(reserved, `${sku} reserved`).toBe(sum(linesIn('RESERVED'), sku))
          expect(issued, `${sku} issued`).toBe(sum(linesIn('ISSUED'), sku))
        }
      }),
      { numRuns: 500 },
    )
  })
})

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

describe('a SKU that is withheld', () => {
  const start: State = { reservation: undefined, stock: stockOf({ mouse: 5, keyboard: 5 }) }
  const known = decide(start, placed).state

  test('is as out of stock for this order, and nothing is reserved', () => {
    const { state, emit } = decide(known, captured, (sku) => sku === 'keyboard')
    expect(emit).toEqual([{ type: 'StockRejected', data: { reason: 'out_of_stock', sku: 'keyboard' } }])
    expect(state.stock).toEqual(start.stock)
  })

  test('does not matter to orders without it, nor to what is reserved already', () => {
    expect(decide(known, captured, (sku) => sku === 'monitor').emit.map((fact) => fact.type)).toEqual(['StockReserved'])
    const { state } = decide(known, captured)
    expect(decide(state, captured, () => true).emit).toEqual([])
    expect(decide(state, rejected, () => true).emit.map((fact) => fact.type)).toEqual(['StockReleased'])
  })
})
