import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { problemOf, serve } from './fixtures/server.ts'

let url: string
beforeAll(async () => {
  url = (await serve()).url
})

const json = { 'content-type': 'application/json' }
const order = { customerId: 'alice', lines: [{ sku: 'mouse', quantity: 1 }] }
const post = (body: string, headers: Record<string, string> = json) => fetch(`${url}/orders`, { method: 'POST', body, headers })

describe('good requests', () => {
  test('answer JSON with minimal headers', async () => {
    const res = await post(JSON.stringify(order), { ...json, 'idempotency-key': 'k-1' })
    expect(res.status).toBe(201)
    expect(await res.json()).toEqual({ order, key: 'k-1' })
    expect(res.headers.get('x-content-type-options')).toBe('nosniff')
    expect(res.headers.get('cache-control')).toBe('no-store')
    expect(res.headers.has('x-powered-by') || res.headers.has('etag')).toBe(false)
  })

  test('content type with a charset, and escapes that are text', async () => {
    const body = '{"customerId":"\\u0041\\ud83d\\ude00","lines":[{"sku":"mouse","quantity":1}]}'
    const res = await post(body, { 'content-type': 'application/json; charset=utf-8' })
    expect(await res.json()).toEqual({ order: { ...order, customerId: 'A😀' } })
  })
})

describe('bad bodies', () => {
  test.each<[string, string[]]>([
    [JSON.stringify({ ...order, lines: [{ sku: 'mouse', quantity: 0 }] }), ['lines[0].quantity']],
    [JSON.stringify({ ...order, lines: [{ sku: 'mouse', quantity: { $gt: '' } }] }), ['lines[0].quantity']],
    [JSON.stringify({ ...order, customerId: { $gt: '' } }), ['customerId']],
    [JSON.stringify({ ...order, price: 1, $where: 'x' }), ['price', '$where']],
    [JSON.stringify({ ...order, lines: [{ sku: 'mouse', quantity: 1, price: 1 }] }), ['lines[0].price']],
    [JSON.stringify({ lines: order.lines }), ['customerId']],
    [`{"__proto__":{"a":1},${JSON.stringify(order).slice(1)}`, ['__proto__']],
    ['[]', ['body']],
    ['{"a":', ['body']],
    ['"text"', ['body']],
    ['{"customerId":"a\\u0000b","lines":[]}', ['customerId']],
    ['{"customerId":"a","lines":[{"sku":"\\ud800","quantity":1}]}', ['lines[0].sku']],
  ])('%s → 400 naming %j', async (body, fields) => {
    expect((await problemOf(await post(body), 400)).fields).toEqual(fields)
  })

  test('a missing field is called required', async () => {
    const problem = await problemOf(await post(JSON.stringify({ customerId: 'a' })), 400)
    expect(problem.errors).toEqual([{ field: 'lines', message: 'required' }])
    expect(problem.detail).toBe('the body is not valid: lines')
  })

  test('no body at all → 400', async () => {
    expect((await problemOf(await fetch(`${url}/orders`, { method: 'POST' }), 400)).fields).toEqual(['body'])
  })

  test('thousands of unknown fields → at most 20 named', async () => {
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`field${i}`, i]))
    expect((await problemOf(await post(JSON.stringify(many)), 400)).fields).toHaveLength(20)
  })

  test.each([
    ['arrays', '['.repeat(33)],
    ['objects', '{"a":'.repeat(33)],
    ['both, far down', `{"customerId":"}]\\"","lines":${'[{"a":'.repeat(5_000)}"\\ud83d"`],
  ])('more than 32 levels of %s → 400, before it is parsed', async (_what, body) => {
    expect(await (await post(body)).json()).toMatchObject({ status: 400, detail: 'the body is nested deeper than 32 levels' })
  })

  test('brackets in text are no levels', async () => {
    const { status } = await post(JSON.stringify({ ...order, customerId: '[{"\\'.repeat(50) }))
    expect(status).not.toBe(400)
  })

  test('more than 64 KB → 413', async () => {
    await problemOf(await post(JSON.stringify({ ...order, customerId: 'x'.repeat(65_536) })), 413)
  })

  test.each([{ 'content-type': 'text/plain' }, { 'content-type': 'application/x-www-form-urlencoded' }])(
    '%j → 415',
    async (headers) => {
      await problemOf(await post(JSON.stringify(order), headers), 415)
    },
  )

  test.each([{ 'content-encoding': 'gzip' }, { 'content-type': 'application/json; charset=latin9' }])(
    '%j → 415',
    async (headers) => {
      await problemOf(await post(JSON.stringify(order), { ...json, ...headers }), 415)
    },
  )
})

describe('bad URLs and headers', () => {
  test.each<[string, string]>([
    ['?status[$gt]=', 'status[$gt]'],
    ['?status=LOST', 'status'],
    ['?limit=1&limit=2', 'limit'],
    ['?__proto__=1', '__proto__'],
  ])('/orders%s → 400 naming %s', async (query, field) => {
    expect((await problemOf(await fetch(`${url}/orders${query}`), 400)).fields).toEqual([field])
  })

  test.each(['/orders/%zz', '/orders/%ff', '/orders/a%00b', '/nowhere/%zz', '/orders?status=%zz'])('%s → 400', async (path) => {
    await problemOf(await fetch(url + path), 400)
  })

  test('a parameter that is no UUID → 400 naming it', async () => {
    expect((await problemOf(await fetch(`${url}/orders/7`), 400)).fields).toEqual(['id'])
  })

  test.each(['', 'a b', 'x'.repeat(256), 'schlüssel'])('Idempotency-Key "%s" → 400', async (key) => {
    const res = await post(JSON.stringify(order), { ...json, 'idempotency-key': key })
    expect((await problemOf(res, 400)).fields).toEqual(['Idempotency-Key'])
  })

  test.each(['GARBAGE\r\n\r\n', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`])(
    'what is not HTTP → problem+json',
    async (raw) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.write(raw)
      const answer = await text(socket)
      expect(answer).toMatch(/^HTTP\/1.1 4(00|31) /)
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      expect(head).toContain('application/problem+json')
      expect(JSON.parse(body).detail).toBe('the request cannot be read')
    },
  )
})
