import { beforeAll, describe, expect, test } from 'vitest'
import { logged, problemOf, serve } from './fixtures/server.ts'

let url: string
beforeAll(async () => {
  url = (await serve()).url
})

describe('other problems', () => {
  test('unknown route → 404', async () => {
    expect((await problemOf(await fetch(`${url}/nowhere`), 404)).detail).toBe('the resource /nowhere does not exist')
  })

  test('a problem thrown or rejected by a route', async () => {
    const id = '0198c0de-0000-7000-8000-000000000000'
    expect((await problemOf(await fetch(`${url}/orders/${id}`), 404)).detail).toBe(`order ${id} does not exist`)
    await problemOf(await fetch(`${url}/orders/${id}/cancel`, { method: 'POST' }), 409)
    expect((await problemOf(await fetch(`${url}/refused`), 422)).fields).toEqual(['lines[0].sku'])
  })

  test('unavailable says when to try again', async () => {
    const res = await fetch(`${url}/busy`)
    await problemOf(res, 503)
    expect(res.headers.get('retry-after')).toBe('2')
  })

  test.each<[string, string, string]>([
    ['DELETE', '/orders', 'GET, HEAD, POST'],
    ['PUT', '/orders/x/cancel', 'POST'],
    ['POST', '/livez', 'GET, HEAD'],
  ])('%s %s → 405 with Allow', async (method, path, allow) => {
    const res = await fetch(url + path, { method })
    await problemOf(res, 405)
    expect(res.headers.get('allow')).toBe(allow)
  })

  test('an unexpected error → 500 that tells nothing but the id of its log line', async () => {
    const problem = await problemOf(await fetch(`${url}/broken`), 500)
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    expect(problem.instance).toMatch(/^urn:uuid:/)
    const line = logged.map((text) => JSON.parse(text)).find(({ instance }) => instance === problem.instance)
    expect(line.err.stack).toContain('password is hunter2')
  })
})

describe('operations', () => {
  test('/livez and /readyz answer 200', async () => {
    const ready = await serve({ database: async () => {}, producer: async () => 'anything' })
    expect((await fetch(`${ready.url}/livez`)).status).toBe(200)
    const res = await fetch(`${ready.url}/readyz`)
    expect([res.status, await res.json()]).toEqual([200, { status: 'ready', checks: { database: 'ok', producer: 'ok' } }])
  })

  test('/readyz names what fails, and answers in bounded time when a check hangs', async () => {
    const checks = {
      database: () => new Promise(() => {}),
      consumer: () => Promise.reject(new Error('not joined')),
      producer: async () => {},
    }
    const { url } = await serve(checks)
    const startedAt = performance.now()
    const problem = await problemOf(await fetch(`${url}/readyz`), 503)
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    const expected = { database: 'no answer within 2 s', consumer: 'not joined' }
    expect(problem).toMatchObject({ checks: { ...expected, producer: 'ok' } })
    expect(problem.errors).toEqual(Object.entries(expected).map(([field, message]) => ({ field, message })))
  })

  test('probes that come together share one round of checks', async () => {
    let asked = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const ask = () => {
      asked++
      return promise
    }
    const { url } = await serve({ database: ask })
    const probes = [fetch(`${url}/readyz`), fetch(`${url}/readyz`)]
    await expect.poll(() => asked).toBe(1)
    resolve()
    for (const probe of probes) expect((await probe).status).toBe(200)
  })

  test('/readyz is 503 once the stop begins, /livez is not', async () => {
    const { url, app } = await serve({ database: async () => {} })
    app.beginStop()
    const res = await fetch(`${url}/readyz`)
    expect((await problemOf(res, 503)).detail).toBe('shutting down')
    expect(res.headers.get('connection')).toBe('close')
    expect((await fetch(`${url}/livez`)).status).toBe(200)
  })

  test('/metrics labels requests by route, never by what the client made up', async () => {
    const { url } = await serve()
    await fetch(`${url}/orders/7`)
    await fetch(`${url}/made/up`)
    const res = await fetch(`${url}/metrics`)
    expect(res.headers.get('content-type')).toContain('text/plain')
    const text = await res.text()
    expect(text).toMatch(/http_request_duration_seconds_count\{.*method="GET",route="\/orders\/:id",status_code="400"\} 1/)
    expect(text).toMatch(/http_request_duration_seconds_count\{.*method="GET",route="\(none\)",status_code="404"\} 1/)
  })
})
