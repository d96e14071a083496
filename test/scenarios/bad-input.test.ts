import { expect, test } from 'vitest'
import { address, orderBody, request } from './shop.ts'

const body = orderBody()
const lines = body.lines
const post = (json: unknown) => request<{ errors?: { field: string }[] }>('order', '/orders', { json })

const bodies: [string, unknown, string][] = [
  ['an unknown field', { ...body, price: 1 }, 'price'],
  ['an operator as customer', { ...body, customerId: { $gt: '' } }, 'customerId'],
  ['an operator as sku', { ...body, lines: [{ sku: { $ne: null }, quantity: 1 }] }, 'lines[0].sku'],
  ['no lines', { ...body, lines: [] }, 'lines'],
  ['more than 100 lines', { ...body, lines: Array.from({ length: 101 }, () => lines[0]) }, 'lines'],
  ['quantity zero', { ...body, lines: [{ sku: 'keyboard', quantity: 0 }] }, 'lines[0].quantity'],
  ['a negative quantity', { ...body, lines: [{ sku: 'keyboard', quantity: -1 }] }, 'lines[0].quantity'],
  ['a fraction', { ...body, lines: [{ sku: 'keyboard', quantity: 1.5 }] }, 'lines[0].quantity'],
  ['a huge quantity', { ...body, lines: [{ sku: 'keyboard', quantity: 1e15 }] }, 'lines[0].quantity'],
  ['a quantity as text', { ...body, lines: [{ sku: 'keyboard', quantity: '1' }] }, 'lines[0].quantity'],
  ['a price of the client', { ...body, lines: [{ sku: 'keyboard', quantity: 1, unitPrice: 1 }] }, 'lines[0].unitPrice'],
  ['an unknown sku', { ...body, lines: [{ sku: 'no-such-thing', quantity: 1 }] }, 'lines[0].sku'],
  ['a country that is none', { ...body, shippingAddress: { ...address, country: 'Germany' } }, 'shippingAddress.country'],
  ['no address', { customerId: 'alice', lines }, 'shippingAddress'],
  ['a list', [], 'body'],
]

test.each(bodies)('%s is refused, and the field named', async (_what, json, field) => {
  const answer = await post(json)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.body.errors?.map((e) => e.field)).toContain(field)
})

test.each([
  ['malformed JSON', '{"customerId": ', 400],
  ['more than 64 KB', JSON.stringify({ ...body, customerId: 'x'.repeat(70_000) }), 413],
])('%s is refused', async (_what, raw, status) => {
  expect((await request('order', '/orders', { raw })).status).toBe(status)
})

test.each([
  ['order', '/orders/no-uuid', 400],
  ['order', '/orders/00000000-0000-7000-8000-000000000000', 404],
  ['order', '/orders?status[$gt]=', 400],
  ['order', '/orders?status=LOST', 400],
  ['order', '/orders?limit=0', 400],
  ['order', '/orders?cursor=nonsense', 400],
  ['payment', '/accounts/nobody', 404],
  ['payment', '/payments/00000000-0000-7000-8000-000000000000', 404],
  ['inventory', '/stock/no-such-thing', 404],
  ['delivery', '/shipments/no-uuid', 400],
  ['notification', '/notifications?customerId[$ne]=x', 400],
] as const)('%s GET %s → %i', async (service, path, status) => {
  const answer = await request(service, path)
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
})

test('nothing of what was refused is stored', async () => {
  const count = async () => (await request<{ orders: unknown[] }>('order', '/orders?limit=200')).body.orders.length
  const before = await count()
  for (const [, json] of bodies) await post(json)
  expect(await count()).toBe(before)
})

test.each([
  ['payment', '/accounts/alice/deposits', { amount: 0 }, 'amount'],
  ['payment', '/accounts/alice/deposits', { amount: 1, currency: 'USD' }, 'currency'],
  ['inventory', '/stock/mouse/receipts', { quantity: -5 }, 'quantity'],
] as const)('%s POST %s names the field at fault', async (service, path, json, field) => {
  const answer = await request<{ errors: { field: string }[] }>(service, path, { json })
  expect(answer.status).toBe(400)
  expect(answer.body.errors.map((e) => e.field)).toContain(field)
})
