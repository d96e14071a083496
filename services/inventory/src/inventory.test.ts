import { type Arrivals, arrange, type Message, noArrivals } from '@shop/messaging/driver'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Line, Reservation, State, Stock } from './inventory.ts'
import {
  answered,
  captured,
  decide,
  type Effect,
  type Event,
  event,
  given,
  held,
  lines,
  needs,
  origin,
  placed,
  plenty,
  promised,
  rejected,
  reservedFact,
  scheduled,
  stockOf,
  untouched,
} from './testing/given.ts'

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
