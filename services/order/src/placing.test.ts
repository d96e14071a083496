import { isDeepStrictEqual } from 'node:util'
import { MemoryMessageStore } from '@shop/messaging/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { fingerprintOf, newOrder, orderIdFor } from './new-order.ts'
import { type Order, type PlaceOrder, price } from './order.ts'
import { acceptOrders } from './placing.ts'

const command: PlaceOrder = {
  customerId: 'alice',
  lines: [
    { sku: 'keyboard', quantity: 1 },
    { sku: 'mouse', quantity: 2 },
  ],
  shippingAddress: { name: 'Alice', street: 'Way 1', city: 'Bonn', postalCode: '53111', country: 'DE' },
}
const product = (sku: string, cents: number) => [sku, { sku, name: sku, price: cents, currency: 'EUR' }] as const
const products = new Map([product('keyboard', 4_990), product('mouse', 1_990)])
const idempotencyKeys = fc.string({ minLength: 1, maxLength: 255 })

describe('the order id of an idempotency key', () => {
  test('is a UUIDv8, the same each time', () =>
    fc.assert(
      fc.property(idempotencyKeys, (key) => {
        expect(z.uuid({ version: 'v8' }).safeParse(orderIdFor(key)).error).toBeUndefined()
        expect(orderIdFor(key)).toBe(orderIdFor(key))
      }),
    ))
  test('is another one for another key', () =>
    fc.assert(
      fc.property(idempotencyKeys, idempotencyKeys, (key, more) => {
        expect(orderIdFor(key + more)).not.toBe(orderIdFor(key))
        expect(orderIdFor(more + key)).not.toBe(orderIdFor(key))
      }),
    ))
  test('never changes: a client may repeat its request after an upgrade', () =>
    expect(orderIdFor('my-key')).toBe('a6e672f6-5ce7-8aad-8c50-76137582496f'))
})

describe('the fingerprint of a request', () => {
  const { shippingAddress, lines } = command
  const others: [string, PlaceOrder][] = [
    ['customer', { ...command, customerId: 'bob' }],
    ['sku', { ...command, lines: [{ sku: 'monitor', quantity: 1 }, ...lines.slice(1)] }],
    ['quantity', { ...command, lines: [{ sku: 'keyboard', quantity: 12 }, ...lines.slice(1)] }],
    ['a line less', { ...command, lines: lines.slice(1) }],
    ['a line more', { ...command, lines: [...lines, { sku: 'mouse', quantity: 2 }] }],
    ['order of lines', { ...command, lines: lines.toReversed() }],
    ...Object.keys(shippingAddress).map((field): [string, PlaceOrder] => [
      field,
      { ...command, shippingAddress: { ...shippingAddress, [field]: 'XX' } },
    ]),
  ]
  test.each(others)('differs by %s', (_field, other) => expect(fingerprintOf(other)).not.toBe(fingerprintOf(command)))

  test('is equal for equal requests, and only for them', () => {
    // So few, and so much alike, that fields which run into each other would be found.
    const word = fc.constantFrom('a', 'aa', 'a1')
    const commands = fc.record<PlaceOrder>(
      {
        customerId: word,
        lines: fc.array(fc.record({ sku: word, quantity: fc.constantFrom(1, 11) }, { noNullPrototype: true }), {
          minLength: 1,
          maxLength: 2,
        }),
        shippingAddress: fc.constantFrom(shippingAddress, { ...shippingAddress, city: 'Köln' }),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(commands, commands, (a, b) => {
        expect(fingerprintOf(structuredClone(a))).toBe(fingerprintOf(a))
        expect(fingerprintOf(a) === fingerprintOf(b)).toBe(isDeepStrictEqual(a, b))
      }),
      { numRuns: 500 },
    )
  })
})

describe('a new order', () => {
  const priced = price(command, products)
  if ('unknownLine' in priced) throw new Error('no such product')

  test('is pending, priced, and begins its saga with the event that tells of it', () => {
    const { key, state, emit } = newOrder(command, priced, { deadlineMs: 60_000, traceparent: 'trace' })
    const [first] = emit
    expect(emit).toHaveLength(1)
    expect(first).toMatchObject({ type: 'OrderPlaced', key, correlationId: first?.id, traceparent: 'trace' })
    expect(first?.causationId).toBeUndefined()
    expect(first?.data).toEqual({ ...command, total: 8_970, currency: 'EUR' })
    expect(state).toEqual({
      ...command,
      status: 'PENDING',
      lines: priced.lines,
      total: 8_970,
      currency: 'EUR',
      history: [{ type: 'OrderPlaced', at: first?.at, eventId: first?.id }],
      placedAt: first?.at,
      deadlineAt: new Date(Date.parse(first?.at ?? '') + 60_000).toISOString(),
      correlationId: first?.id,
    })
  })
  test('has an id of its own without an idempotency key, and that of the key with one', () => {
    const options = { deadlineMs: 1 }
    expect(newOrder(command, priced, options).key).not.toBe(newOrder(command, priced, options).key)
    const once = newOrder(command, priced, { ...options, idempotencyKey: 'my-key' })
    expect(once.key).toBe(orderIdFor('my-key'))
    expect(once.state.fingerprint).toBe(fingerprintOf(command))
  })
})

describe('placing an order', () => {
  const accepting = ({ isBehind = false, outboxDepthMax = 100 } = {}) => {
    const store = new MemoryMessageStore<Order>()
    const deadlines: string[] = []
    const placeOrder = acceptOrders(store, {
      products,
      deadlines: { placed: (orderId) => void deadlines.push(orderId) },
      deadlineMs: 60_000,
      pace: { isBehind: () => isBehind },
      outboxDepthMax,
    })
    return { store, deadlines, placeOrder }
  }

  test('stores it with its first event and its deadline', async () => {
    const { store, deadlines, placeOrder } = accepting()
    const placing = await placeOrder(command, {})
    if (placing.outcome !== 'placed') throw new Error(placing.outcome)
    expect((await store.pending(10)).map((s) => s.message)).toMatchObject([{ type: 'OrderPlaced', key: placing.orderId }])
    expect(deadlines).toEqual([placing.orderId])
  })

  test('with the same key gives the same order once, also at the same time, and refuses another one', async () => {
    const { store, deadlines, placeOrder } = accepting()
    const request = { idempotencyKey: 'my-key' }
    const atOnce = await Promise.all([placeOrder(command, request), placeOrder(command, request)])
    expect(atOnce.map((p) => p.outcome)).toEqual(['placed', 'repeated'])
    expect(await placeOrder(command, request)).toMatchObject({ outcome: 'repeated', orderId: orderIdFor('my-key') })
    expect(await placeOrder({ ...command, customerId: 'bob' }, request)).toEqual({ outcome: 'key-reused' })
    expect(await store.pending(10)).toHaveLength(1)
    expect(deadlines).toHaveLength(1)
  })

  test('stores by one write those that come together, and refuses those that would wait too long', async () => {
    const { store, placeOrder } = accepting({ outboxDepthMax: 10_000 })
    const sizes: number[] = []
    const create = store.create.bind(store)
    store.create = (documents) => {
      sizes.push(documents.length)
      return create(documents)
    }
    const outcomes = await Promise.all(Array.from({ length: 2_001 }, () => placeOrder(command, {})))
    expect(outcomes.filter((p) => p.outcome === 'placed')).toHaveLength(2_000)
    expect(outcomes.at(-1)).toEqual({ outcome: 'too-many' })
    expect(sizes).toEqual(Array.from({ length: 10 }, () => 200))
  })

  test('stores nothing of an unknown product, while the sagas are behind, or above the depth of the outbox', async () => {
    const lines = [...command.lines, { sku: 'ghost', quantity: 1 }]
    const { store, placeOrder } = accepting({ outboxDepthMax: 0 })
    expect(await placeOrder({ ...command, lines }, {})).toEqual({ outcome: 'unknown-product', line: 2 })
    expect(await accepting({ isBehind: true }).placeOrder(command, {})).toEqual({ outcome: 'behind' })
    expect(await placeOrder(command, {})).toMatchObject({ outcome: 'placed' })
    expect(await placeOrder(command, {})).toEqual({ outcome: 'outbox-full' })
    expect(await store.pending(10)).toHaveLength(1)
  })

  test('says so when something else is kept under its id', async () => {
    const { store, placeOrder } = accepting()
    store.create = async (documents) => new Set(documents.map((d) => d.key))
    expect(await placeOrder(command, { idempotencyKey: 'my-key' })).toEqual({ outcome: 'not-stored' })
  })
})
