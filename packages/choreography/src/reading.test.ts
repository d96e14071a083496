/** What consumers read of events: bounded, and no more than they look at. */
import { describe, expect, test } from 'vitest'
import { allEvents, catalogueFor, type ServiceName, serviceNames } from './index.ts'

const address = { name: 'A', street: 'B', city: 'C', postalCode: '1', country: 'DE' }
const placed = {
  customerId: 'alice',
  lines: [{ sku: 'mouse', quantity: 1 }],
  total: 100,
  currency: 'EUR',
  shippingAddress: address,
}

const reads = (service: ServiceName, name: string, data: unknown): boolean => {
  const definition = allEvents.find((e) => e.name === name)
  const entry = catalogueFor(service).lookup(`shop.${definition?.service}.${name}.v1`)
  if (entry?.consumed !== true) throw new Error(`${service} does not consume ${name}`)
  return entry.schema.safeParse(data).success
}

describe('a consumer does without what it does not look at', () => {
  test('an order without an address, or with another kind of one, is paid and reserved, but not delivered', () => {
    for (const shippingAddress of [undefined, { planet: 'Mars' }])
      for (const [service, isRead] of [
        ['payment', true],
        ['inventory', true],
        ['delivery', false],
      ] as const)
        expect(reads(service, 'OrderPlaced', { ...placed, shippingAddress })).toBe(isRead)
  })
  test('it never sees it', () => {
    const entry = catalogueFor('payment').lookup('shop.order.OrderPlaced.v1')
    expect(entry?.schema.parse(placed)).not.toHaveProperty('shippingAddress')
  })
  test.each([{ cause: 'fraud' }, { cause: { code: 1 } }, {}])('a cancellation with %j reaches delivery', (data) =>
    expect(reads('delivery', 'OrderCancellationRequested', data)).toBe(true),
  )
})

describe('what is read is bounded', () => {
  const rows: [string, unknown][] = [
    ['a customer of 3 MB', { ...placed, customerId: 'x'.repeat(3_000_000) }],
    ['a customer with NUL', { ...placed, customerId: 'a\0' }],
    ['no customer', { ...placed, customerId: '' }],
    ['101 lines', { ...placed, lines: Array.from({ length: 101 }, () => placed.lines[0]) }],
    ['a quantity of 50 million', { ...placed, lines: [{ sku: 'mouse', quantity: 50_000_000 }] }],
    ['a long SKU', { ...placed, lines: [{ sku: 'x'.repeat(65), quantity: 1 }] }],
    ['an amount above 2^53 − 1', { ...placed, total: 2 ** 53 }],
    ['a currency with NUL', { ...placed, currency: 'E\0R' }],
  ]
  test.each(rows)('of an order: %s is refused', (_what, data) => {
    for (const service of ['payment', 'inventory'] as const) expect(reads(service, 'OrderPlaced', data)).toBe(false)
  })
  test.each(['name', 'street', 'city', 'postalCode', 'country'])('of an address: %s', (field) =>
    expect(reads('delivery', 'OrderPlaced', { ...placed, shippingAddress: { ...address, [field]: 'x'.repeat(201) } })).toBe(
      false,
    ),
  )
  test('the largest order that HTTP takes is read', () => {
    const line = { sku: 'x'.repeat(64), quantity: 1_000_000 }
    const shippingAddress = {
      name: 'x'.repeat(200),
      street: 'x'.repeat(200),
      city: 'x'.repeat(100),
      postalCode: 'x'.repeat(20),
      country: 'DE',
    }
    const largest = { ...placed, customerId: 'x'.repeat(64), lines: Array.from({ length: 100 }, () => line), shippingAddress }
    for (const service of ['payment', 'inventory', 'delivery'] as const) expect(reads(service, 'OrderPlaced', largest)).toBe(true)
  })
  test('no text of any event is read without a bound', () => {
    const long = 'x'.repeat(1_000)
    for (const { schema } of allEvents)
      for (const field of Object.keys((schema as unknown as { shape: object }).shape)) {
        const issues = schema.safeParse({ [field]: long }).error?.issues ?? []
        expect(
          issues.some((i) => i.path[0] === field),
          field,
        ).toBe(true)
      }
  })
})

test('another version of a known event is told from an event that nobody knows', () => {
  for (const service of serviceNames) {
    const { isOtherVersion } = catalogueFor(service)
    expect(isOtherVersion('shop.order.OrderPlaced.v2')).toBe(true)
    expect(isOtherVersion('shop.order.OrderPlaced.v1')).toBe(false)
    expect(isOtherVersion('shop.order.OrderAmended.v1')).toBe(false)
  }
})
