import { randomUUID } from 'node:crypto'
import { createApp, createLog, createMetrics, listen, urlOf } from '@shop/service-host'
import { Router } from 'express'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Refusals, refusalRoutes } from './refusals.ts'

const orders = Array.from({ length: 2_000 }, () => randomUUID())
const minute = 60_000

afterEach(() => void vi.useRealTimers())

describe('which orders are refused', () => {
  test('the asked share of them, the same ones at each asking', () => {
    const refusals = new Refusals({ what: 'payments' })
    refusals.add({ percent: 30, forMs: minute })
    const refused = orders.filter((id) => refusals.refuses(id))
    expect(refused.length).toBeGreaterThan(500)
    expect(refused.length).toBeLessThan(700)
    expect(orders.filter((id) => refusals.refuses(id))).toEqual(refused)
    const elsewhere = new Refusals({ what: 'payments' })
    elsewhere.add({ percent: 30, forMs: minute })
    expect(orders.filter((id) => elsewhere.refuses(id))).toEqual(refused)
  })

  test('all with 100 percent, none with 0 and none without a refusal', () => {
    const refusals = new Refusals({ what: 'deliveries' })
    expect(orders.some((id) => refusals.refuses(id))).toBe(false)
    refusals.add({ percent: 0, forMs: minute })
    expect(orders.some((id) => refusals.refuses(id))).toBe(false)
    refusals.add({ percent: 100, forMs: minute })
    expect(orders.every((id) => refusals.refuses(id))).toBe(true)
  })

  test('of stock one SKU or all', () => {
    const refusals = new Refusals({ what: 'stock', by: 'sku' })
    const { id } = refusals.add({ percent: 100, only: 'keyboard', forMs: minute })
    expect(refusals.refuses('order', 'keyboard')).toBe(true)
    expect(refusals.refuses('order', 'mouse')).toBe(false)
    expect(refusals.remove(id)).toBe(true)
    refusals.add({ percent: 100, forMs: minute })
    expect(refusals.refuses('order', 'mouse')).toBe(true)
  })

  test('a refusal ends by itself', () => {
    vi.useFakeTimers()
    const refusals = new Refusals({ what: 'payments' })
    refusals.add({ percent: 100, forMs: 500 })
    expect(refusals.refuses('order')).toBe(true)
    vi.advanceTimersByTime(501)
    expect(refusals.refuses('order')).toBe(false)
    expect(refusals.list()).toEqual([])
  })
})

test('the routes switch them for who has the token, and name what is wrong', async () => {
  const refusals = new Refusals({ what: 'payments' })
  const log = createLog({ service: 'test', destination: { write: () => {} } })
  const admin = { token: 'secret', routers: [refusalRoutes(refusals)] }
  const app = createApp({ log, metrics: createMetrics({ service: 'test' }), checks: {}, routes: Router(), admin })
  const server = await listen(app.express, 0, '127.0.0.1')
  onTestFinished(() => server.close().closeAllConnections())
  const ask = async (method: string, path = '', body?: unknown, token = 'secret') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await fetch(`${urlOf(server)}/admin/refusals${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  expect((await ask('POST', '', { what: 'payments' }, 'wrong')).status).toBe(401)
  expect(await ask('POST', '', { what: 'stock' })).toMatchObject({
    status: 400,
    body: { detail: 'this service refuses payments, not stock' },
  })
  expect((await ask('POST', '', { what: 'payments', sku: 'keyboard' })).status).toBe(400)
  expect((await ask('POST', '', { what: 'payments', percent: 101 })).body.errors[0].field).toBe('percent')
  const { status, body } = await ask('POST', '', { what: 'payments', percent: 100, forMs: minute })
  expect({ status, body }).toMatchObject({ status: 201, body: { id: '1', what: 'payments', percent: 100 } })
  expect((await ask('GET')).body.refusals).toHaveLength(1)
  expect(refusals.refuses('order')).toBe(true)
  expect((await ask('DELETE', '/1')).status).toBe(204)
  expect((await ask('DELETE', '/1')).status).toBe(404)
  await ask('POST', '', { what: 'payments' })
  expect((await ask('DELETE')).status).toBe(204)
  expect(refusals.refuses('order')).toBe(false)
})
