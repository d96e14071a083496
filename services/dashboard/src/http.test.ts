import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OrderPage, Saga } from './api.ts'
import { paths, sagaOf, Topics } from './testing/records.ts'
import { type Served, serve, token } from './testing/served.ts'

let served: Served
let service: Server
/** What reached the service, and with which token. */
let asked: { method: string | undefined; url: string | undefined; authorization: string | undefined }[]

beforeEach(async () => {
  asked = []
  service = createServer((req, res) => {
    asked.push({ method: req.method, url: req.url, authorization: req.headers.authorization })
    res.setHeader('content-type', 'application/json')
    res.statusCode = req.method === 'POST' ? 201 : 200
    res.end(JSON.stringify({ orderId: 'o', faults: [], shippingAddress: { name: 'Ann Body', country: 'DE' } }))
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  served = await serve({ services: { order: url, payment: 'http://127.0.0.1:1' } })
})
afterEach(async () => {
  await served.close()
  service.closeAllConnections()
  service.close()
})

const bearer = { authorization: `Bearer ${token}` }
const ask = (path: string, init: RequestInit = {}) => fetch(`${served.url}${path}`, init)
const post = (path: string, headers: Record<string, string> = {}, body: unknown = {}) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

test('every answer carries a policy without anything inline', async () => {
  for (const path of ['/api/about', '/api/nothing', '/orders/some-view', '/api/orders?limit=x']) {
    const policy = (await ask(path)).headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*/)
  }
})

describe('a request that another site made', () => {
  test.each([
    ['another origin', { origin: 'http://evil.example' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('%s: refused, and no service hears of it', async (_what, headers) => {
    expect((await post('/api/orders', headers)).status).toBe(403)
    expect((await post('/api/faults/order', { ...bearer, ...headers })).status).toBe(403)
    expect(asked).toEqual([])
  })

  test('under a foreign name of this machine: refused, reading as well', async () => {
    const { port } = new URL(served.url)
    const { request } = await import('node:http')
    const status = await new Promise((resolve) => {
      request({ port, host: '127.0.0.1', path: '/api/orders', headers: { host: `evil.example:${port}` } }, (res) =>
        resolve(res.statusCode),
      ).end()
    })
    expect(status).toBe(403)
  })

  test('our own page and programs pass, names and addresses masked', async () => {
    expect((await post('/api/orders', { origin: served.url, 'sec-fetch-site': 'same-origin' })).status).toBe(201)
    const answer = await post('/api/orders')
    expect(await answer.json()).toMatchObject({ shippingAddress: { name: '•••', country: 'DE' } })
    expect(asked).toMatchObject([{ url: '/orders' }, { url: '/orders' }])
  })
})

describe('an action', () => {
  const actions: [string, string][] = [
    ['POST', '/api/faults/order'],
    ['DELETE', '/api/faults/order/1'],
    ['DELETE', '/api/faults'],
    ['POST', '/api/refusals/order'],
    ['DELETE', '/api/refusals/order/1'],
    ['GET', '/api/dead-letters/order/x%2F0%2F1'],
    ['POST', '/api/dead-letters/order/replay'],
    ['POST', '/api/dead-letters/order/discard'],
    ['POST', '/api/check'],
    ['POST', '/api/processes'],
  ]
  test.each(actions)('%s %s needs the token', async (method, path) => {
    expect((await ask(path, { method })).status).toBe(401)
    expect((await ask(path, { method, headers: { authorization: 'Bearer wrong-token' } })).status).toBe(401)
    expect(asked).toEqual([])
  })

  test('is passed on with it', async () => {
    expect((await post('/api/faults/order', bearer)).status).toBe(201)
    expect((await ask('/api/dead-letters/order/shop.order%2F0%2F1', { headers: bearer })).status).toBe(200)
    expect(asked).toEqual([
      { method: 'POST', url: '/admin/faults', authorization: `Bearer ${token}` },
      { method: 'GET', url: '/admin/dead-letters/shop.order%2F0%2F1', authorization: `Bearer ${token}` },
    ])
    expect((await post('/api/faults/nobody', bearer)).status).toBe(404)
    expect((await post('/api/faults/payment', bearer)).status).toBe(502)
  })

  test.each(actions)('%s %s is not there while actions are off, not even with the token', async (method, path) => {
    await served.close()
    served = await serve({ actions: false, services: { order: 'http://127.0.0.1:1' } })
    expect((await ask(path, { method, headers: bearer })).status).toBe(404)
    expect(await (await ask('/api/faults')).json()).toMatchObject({ enabled: false, services: [] })
  })
})

test('a service that is down does not hide the others', async () => {
  expect(await (await ask('/api/faults')).json()).toMatchObject({
    services: [
      { service: 'order', faults: [] },
      { service: 'payment', error: expect.stringContaining('does not answer') },
    ],
  })
})

test('orders are listed by filter and page, a saga is masked unless asked for with the token', async () => {
  const topics = new Topics()
  const now = Date.now()
  const sagas = [paths.confirmed, paths.outOfStock, paths.confirmed.slice(0, 2)].map((path, i) =>
    sagaOf(path, { beganAt: now - 60_000 + i * 1_000, stepMs: 10 }),
  )
  served.take(sagas.flatMap((s) => s.map((m) => topics.event(m))))
  const ids = async (query: string) =>
    ((await (await ask(`/api/orders?${query}`)).json()) as OrderPage).orders.map((o) => o.orderId)
  const [confirmed, cancelled, open] = sagas.map((s) => s[0]?.key)
  expect(await ids('')).toEqual([open, cancelled, confirmed])
  expect(await ids('state=CANCELLED')).toEqual([cancelled])
  expect(await ids('customerId=bob')).toEqual([])
  expect(await ids('stuckMs=30000')).toEqual([open])
  const page = (await (await ask('/api/orders?limit=2')).json()) as OrderPage
  expect(await ids(`limit=2&cursor=${page.nextCursor}`)).toEqual([confirmed])
  expect((await ask('/api/orders?cursor=x')).status).toBe(400)

  const saga = async (query: string, headers = {}) => ask(`/api/orders/${confirmed}${query}`, { headers })
  expect(await (await saga('')).text()).not.toMatch(/Ann Body|Main St/)
  expect((await saga('?unmask=true')).status).toBe(401)
  const shown = (await (await saga('?unmask=true', bearer)).json()) as Saga
  expect(shown.events[0]?.data).toMatchObject({ shippingAddress: { name: 'Ann Body' } })
  expect((await ask(`/api/orders/${crypto.randomUUID()}`)).status).toBe(404)
})

test('processes are acted on through the door that the record names, and where there is none it says what to do', async () => {
  expect(await (await ask('/api/processes')).json()).toMatchObject({
    available: false,
    how: expect.stringContaining('docker compose'),
  })
  expect((await post('/api/processes', bearer, { action: 'kill', name: 'inventory' })).status).toBe(409)

  const folder = mkdtempSync(join(tmpdir(), 'dashboard-record-'))
  const heard: unknown[] = []
  const door = createServer(async (req, res) => {
    const body = req.method === 'POST' ? await new Response(Readable.toWeb(req) as ReadableStream).json() : undefined
    heard.push([req.headers.authorization, body])
    res.statusCode = (body as { name?: string })?.name === 'nobody' ? 400 : 200
    const state = { services: { inventory: { url: 'x', pid: 7 }, payment: { url: 'y' } }, backends: ['kafka'], pending: [] }
    res.end(JSON.stringify(res.statusCode === 200 ? state : { detail: "no service 'nobody'" }))
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ doorUrl: `http://127.0.0.1:${(door.address() as AddressInfo).port}` }))
  await served.close()
  served = await serve({ runRecord: join(folder, 'run.json') })

  const kill = { action: 'kill', name: 'inventory', forMs: 5_000 }
  expect(await (await post('/api/processes', bearer, kill)).json()).toMatchObject({
    available: true,
    processes: [{ name: 'inventory', kind: 'service', pid: 7 }, { name: 'payment' }, { name: 'kafka', kind: 'backend' }],
  })
  expect(heard).toEqual([[bearer.authorization, kill]])
  const refused = await post('/api/processes', bearer, { ...kill, name: 'nobody' })
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("no service 'nobody'")])
  door.closeAllConnections()
  door.close()
  rmSync(folder, { recursive: true })
})

test('says how to build the page when it is not built', async () => {
  await served.close()
  served = await serve({ pageFolder: '/nowhere' })
  const answer = await ask('/orders')
  expect(answer.status).toBe(404)
  expect(await answer.text()).toContain('npm run build')
})
