import { type Emitted, type Incoming, needsOf } from '@shop/choreography'
import { type Arrivals, arrange, type Message, Needs, noArrivals } from '@shop/messaging/driver'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide, type Shipment } from './shipment.ts'
import { upgradeShipment } from './store.ts'

type Event = Incoming<'delivery'>
type State = Shipment | undefined

/** The type is the id, so the same call is the same event again. */
const event = <Type extends Event['type']>(type: Type, country = 'DE'): Extract<Event, { type: Type }> => {
  const data = {
    OrderPlaced: {
      customerId: 'alice',
      lines: [{ sku: 'keyboard', quantity: 1 }],
      total: 4_990,
      currency: 'EUR',
      shippingAddress: addressIn(country),
    },
    OrderCancellationRequested: { cause: 'customer' },
    StockReserved: { lines: [{ sku: 'keyboard', quantity: 1 }] },
  }[type]
  const envelope = { id: type, key: 'order', at: '2026-01-01T00:00:00.000Z', correlationId: 'OrderPlaced' }
  return { type, ...envelope, data } as unknown as Extract<Event, { type: Type }>
}

const addressIn = (country: string) => ({ name: 'Alice', street: 'Way 1', city: 'There', postalCode: '53111', country })
const address = addressIn('DE')
const known = {
  eventId: 'OrderPlaced',
  lines: [{ sku: 'keyboard', quantity: 1 }],
}
const placed = event('OrderPlaced')
const placedInAntarctica = event('OrderPlaced', 'AQ')
const requested = event('OrderCancellationRequested')
const reserved = event('StockReserved')

const scheduledBy = (carrier: string): Emitted<'delivery'> => ({ type: 'DeliveryScheduled', data: { carrier } })
const rejectedFor = (reason: string): Emitted<'delivery'> => ({ type: 'DeliveryRejected', data: { reason } })

const needs = new Needs(needsOf('delivery'))

/** As the kit does: what comes before what it needs is handed over behind it. */
const run = (events: readonly Event[]) => {
  let state: State
  let kept: Arrivals = noArrivals
  const told: { readonly cause: Event; readonly fact: Emitted<'delivery'> }[] = []
  for (const e of events) {
    const { due, arrivals } = arrange([e], needs, () => kept)
    kept = arrivals.get(e.key) ?? kept
    for (const cause of due as readonly (Message & Event)[]) {
      const { state: after, emit } = decide(state, cause)
      state = after
      told.push(...emit.map((fact) => ({ cause, fact })))
    }
  }
  return { state, told, waiting: kept.waiting }
}

/** given(…events).when(event).then(what is told and the state afterwards); only StockReserved is ever answered. */
const given = (...events: Event[]) => {
  const before = run(events)
  return {
    when: (e: Event) => {
      const { state, told: all } = run([...events, e])
      const told = all.slice(before.told.length)
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it
        then: (facts: readonly Emitted<'delivery'>[], expected: State) => {
          expect(told).toEqual(facts.map((fact) => ({ cause: reserved, fact })))
          expect(state).toEqual(expected)
        },
        thenNothing: () => {
          expect(told).toEqual([])
          expect(state).toEqual(before.state)
        },
      }
    },
  }
}

describe('reserved goods', () => {
  test('are sent to the address', () =>
    given(placed)
      .when(reserved)
      .then([scheduledBy('Stadtbote')], { address, placed: known, status: 'SCHEDULED', carrier: 'Stadtbote' }))
  test('go abroad with another carrier', () =>
    given(event('OrderPlaced', 'FR'))
      .when(reserved)
      .then([scheduledBy('Weltfracht')], { address: addressIn('FR'), placed: known, status: 'SCHEDULED', carrier: 'Weltfracht' }))
  test('are rejected where nobody delivers', () =>
    given(placedInAntarctica)
      .when(reserved)
      .then([rejectedFor('address_not_served')], {
        address: addressIn('AQ'),
        placed: known,
        status: 'REJECTED',
        reason: 'address_not_served',
      }))
})

describe('before OrderPlaced', () => {
  test('StockReserved waits for the address', () => {
    expect(run([reserved])).toEqual({ state: undefined, told: [], waiting: [reserved] })
    expect(() => decide(undefined, reserved)).toThrow('before OrderPlaced')
  })
  test('StockReserved is answered when the address comes', () =>
    given(reserved)
      .when(placed)
      .then([scheduledBy('Stadtbote')], { address, placed: known, status: 'SCHEDULED', carrier: 'Stadtbote' }))
  test('StockReserved is rejected when the address comes and is not served', () =>
    given(reserved)
      .when(placedInAntarctica)
      .then([rejectedFor('address_not_served')], {
        address: addressIn('AQ'),
        placed: known,
        status: 'REJECTED',
        reason: 'address_not_served',
      }))
})

describe('a request to cancel', () => {
  const tombstone = { cancellationRequested: true } as const
  const undone = { ...tombstone, status: 'REJECTED', reason: 'order_cancelled' } as const

  test('is remembered when nothing else is known', () => given().when(requested).then([], tombstone))
  test('is remembered beside the address', () =>
    given(placed)
      .when(requested)
      .then([], { ...tombstone, address, placed: known }))
  test('stops what is reserved later', () =>
    given(placed, requested)
      .when(reserved)
      .then([rejectedFor('order_cancelled')], { ...undone, address, placed: known }))
  test('stops what is reserved later, once the address is known', () =>
    given(requested, reserved)
      .when(placed)
      .then([rejectedFor('order_cancelled')], { ...undone, address, placed: known }))
  test('stops what was reserved but waits for the address', () =>
    given(reserved, requested)
      .when(placed)
      .then([rejectedFor('order_cancelled')], { ...undone, address, placed: known }))
  test('is the reason also where nobody delivers', () =>
    given(placedInAntarctica, requested)
      .when(reserved)
      .then([rejectedFor('order_cancelled')], { ...undone, address: addressIn('AQ'), placed: known }))
})

describe('what comes again, or too late, changes nothing', () => {
  const rows: [string, Event[], Event[]][] = [
    ['placed', [placed], [placed]],
    ['tombstone', [requested], [requested]],
    ['SCHEDULED', [placed, reserved], [placed, requested, reserved]],
    ['SCHEDULED late', [reserved, placed], [placed, requested, reserved]],
    ['REJECTED', [placedInAntarctica, reserved], [placedInAntarctica, requested, reserved]],
    ['REJECTED as cancelled', [placed, requested, reserved], [placed, requested, reserved]],
  ]
  const pairs = rows.flatMap(([name, events, again]) => again.map((e) => [name, e.type, events, e] as const))
  test.each(pairs)('%s: %s', (_name, _type, events, e) =>
    given(...events)
      .when(e)
      .thenNothing(),
  )
})

describe('whatever the order of arrival and whatever comes again', () => {
  /** All of the events at least once, in any order. */
  const arrivals = (events: readonly Event[]): fc.Arbitrary<readonly Event[]> =>
    fc.array(fc.constantFrom(...events), { maxLength: 6 }).chain((again) => {
      const all = [...events, ...again]
      return fc.shuffledSubarray(all, { minLength: all.length })
    })
  const first = (events: readonly Event[], type: Event['type']): number => events.findIndex((e) => e.type === type)
  /** From where on everything is there that the answer needs. */
  const decidableAt = (events: readonly Event[]): number => Math.max(first(events, 'OrderPlaced'), first(events, 'StockReserved'))

  const cases: [string, Event[], Emitted<'delivery'>][] = [
    ['served', [placed, reserved], scheduledBy('Stadtbote')],
    ['not served', [placedInAntarctica, reserved], rejectedFor('address_not_served')],
    ['served, and asked to cancel', [placed, reserved, requested], scheduledBy('Stadtbote')],
    ['not served, and asked to cancel', [placedInAntarctica, reserved, requested], rejectedFor('address_not_served')],
  ]
  test.each(cases)('%s: one answer, to StockReserved, and it is final', (_name, events, unasked) =>
    fc.assert(
      fc.property(arrivals(events), fc.array(fc.constantFrom(...events, requested)), (arrived, later) => {
        const asked = first(arrived, 'OrderCancellationRequested')
        const inTime = asked >= 0 && asked < decidableAt(arrived)
        const { state, told } = run(arrived)
        expect(told).toEqual([{ cause: reserved, fact: inTime ? rejectedFor('order_cancelled') : unasked }])
        expect(state?.status).toBe(told[0]?.fact.type === 'DeliveryScheduled' ? 'SCHEDULED' : 'REJECTED')
        expect(run([...arrived, ...later])).toEqual({ state, told, waiting: [] })
      }),
      { numRuns: 500 },
    ),
  )

  test.each([
    ['StockReserved', [placed, requested]],
    ['OrderPlaced', [reserved]],
  ] as const)('without %s nothing is told', (_missing, events) =>
    fc.assert(
      fc.property(arrivals(events), (arrived) => {
        const { state, told } = run(arrived)
        expect(told).toEqual([])
        expect(state?.status).toBeUndefined()
      }),
    ),
  )
})

describe('what contradicts the order', () => {
  const forged = { ...placed, id: 'forged', correlationId: 'forged' }
  const others: [string, object][] = [
    ['a cent', { total: 1 }],
    ['another currency', { currency: 'USD' }],
    ['another customer', { customerId: 'bob' }],
    ['other lines', { lines: [{ sku: 'keyboard', quantity: 100 }] }],
    ['another address', { shippingAddress: { ...address, street: 'Elsewhere 1' } }],
  ]
  test.each(others)('a second OrderPlaced, over %s, is doubted, and the order is not delivered', (_name, changes) => {
    const { state: before } = decide(undefined, placed)
    const { state, emit, suspicious } = decide(before, { ...forged, data: { ...placed.data, ...changes } })
    expect([emit, suspicious]).toEqual([[], 'it is another order than the one that was placed before'])
    expect(state).toEqual({ ...before, contradicted: true })
    expect(decide(state, reserved).emit).toEqual([rejectedFor('order_contradicted')])
  })
  test('once scheduled it stays so', () => {
    const { state: before } = run([placed, reserved])
    const { state, suspicious } = decide(before, { ...forged, data: { ...placed.data, total: 1 } })
    expect([state, suspicious]).toEqual([before, 'it is another order than the one that was placed before'])
  })
  test('the same told by another event contradicts it as well', () => {
    const { state: before } = decide(undefined, placed)
    expect(decide(before, forged)).toMatchObject({ emit: [], suspicious: expect.any(String) })
    expect(decide(before, placed)).toEqual({ state: before, emit: [] })
  })
  test('one that does not begin its saga is none', () =>
    expect(decide(undefined, { ...placed, id: 'other' })).toMatchObject({ state: undefined, suspicious: expect.any(String) }))
  test.each([
    ['another saga', { correlationId: 'other' }, 'it belongs to the saga of another order, other'],
    ['other lines', { data: { lines: [{ sku: 'keyboard', quantity: 2 }] } }, 'other lines were reserved than were ordered'],
  ])('a reservation of %s is doubted', (_name, changes, suspicious) => {
    const { state } = decide(undefined, placed)
    expect(decide(state, { ...reserved, ...changes })).toEqual({ state, emit: [], suspicious })
  })
  test.each([
    ['scheduled', [placed, reserved], scheduledBy('Stadtbote')],
    ['rejected', [requested, placed, reserved], rejectedFor('order_cancelled')],
  ] as const)('another reservation of an order that is %s hears the same, once', (_status, events, decision) => {
    const { state } = run([...events])
    const answer = (causationId: string) => ({ id: 'x', type: decision.type, at: '', correlationId: '', causationId, data: {} })
    const decided = { ...state, told: [answer('StockReserved')] } as NonNullable<typeof state>
    const other = { ...reserved, id: 'other' }
    expect(decide(decided, reserved)).toEqual({ state: decided, emit: [] })
    expect(decide(decided, other)).toEqual({ state: decided, emit: [decision] })
    const answered = { ...decided, told: [answer('StockReserved'), answer('other')] }
    expect(decide(answered, other)).toEqual({ state: answered, emit: [] })
  })
  test('what an earlier release kept is taken on trust', () =>
    expect(decide({ address }, { ...reserved, correlationId: 'other' }).emit).toEqual([scheduledBy('Stadtbote')]))
})

describe('a delivery that is to be refused', () => {
  const before = decide(undefined, placed).state

  test('is rejected wherever it goes', () => {
    expect(decide(before, reserved, true).emit).toEqual([rejectedFor('no_carrier')])
  })

  test('once scheduled it stays so', () => {
    const { state } = decide(before, reserved)
    expect(decide(state, reserved, true)).toEqual({ state, emit: [] })
  })
})

describe('a shipment of an earlier release', () => {
  const early = { ...reserved, causationId: 'PaymentCaptured' }
  test('hands over the StockReserved that it kept', () => {
    const kept = { cancellationRequested: true, early } as Shipment
    expect(upgradeShipment(kept)).toEqual({ state: { cancellationRequested: true }, arrived: [], waiting: [early] })
  })
  test('says that OrderPlaced has come, and has nothing to hand over once it is decided', () => {
    expect(upgradeShipment({ address })).toEqual({ state: { address }, arrived: ['OrderPlaced'], waiting: [] })
    const scheduled = { address, status: 'SCHEDULED', carrier: 'Stadtbote' } as const
    const kept = { ...scheduled, early } as Shipment
    expect(upgradeShipment(kept)).toEqual({ state: scheduled, arrived: ['OrderPlaced'], waiting: [] })
  })
})
