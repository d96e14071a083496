import type { AsideOutcome, Place, TransportAdmin } from '@shop/messaging'
import { createApp, createLog, createMetrics, listen, urlOf } from '@shop/service-host'
import { Router } from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { parkRoute } from './park-route.ts'

/** A broker with the offsets 5 to 9 in each of two partitions, of which the group has committed 7. */
const admin = {
  stretches: async ([topic]: readonly string[]) =>
    [0, 1].map((p) => ({ topic, begin: `${p}/5`, end: `${p}/10`, records: 5, trimmed: true })),
  groupPlaces: async (_group: string, [topic]: readonly string[]) =>
    [0, 1].map((p) => ({ topic, position: `${p}/7`, fresh: false, lag: 3 })),
  close: async () => {},
} as unknown as TransportAdmin

const served = async (becomes?: AsideOutcome, { inHand = false, full = false } = {}) => {
  const asked: Place[] = []
  const ask = (place: Place) => {
    if (full) throw new RangeError('100 records are waited for already')
    asked.push(place)
    return { inHand, outcome: becomes === undefined ? new Promise<AsideOutcome>(() => {}) : Promise.resolve(becomes) }
  }
  const route = parkRoute({
    name: 'payment',
    topics: ['shop.order'],
    transport: { admin: () => admin },
    asides: { ask },
    waitMsMax: 20,
  })
  const log = createLog({ service: 'test', destination: { write: () => {} } })
  const metrics = createMetrics({ service: 'test' })
  const app = createApp({ log, metrics, checks: {}, routes: Router(), admin: { token: 'secret', routers: [route] } })
  const server = await listen(app.express, 0, '127.0.0.1')
  onTestFinished(() => server.close().closeAllConnections())
  const post = async (body: object, token = 'secret') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const url = `${urlOf(server)}/admin/dead-letters/park`
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, ...((await response.json()) as { outcome?: string; detail: string }) }
  }
  return { post, asked }
}

const record = { topic: 'shop.order', partition: 1, offset: '8' }

test('a record that the consumer has before it is set aside, and only told of in a dry run', async () => {
  const { post, asked } = await served('aside')
  expect(await post({ ...record, dryRun: true })).toMatchObject({ status: 200, outcome: 'would-park' })
  expect(asked).toEqual([])
  expect(await post(record)).toMatchObject({ status: 200, outcome: 'parked' })
  expect(asked).toEqual([{ topic: 'shop.order', position: '1/8' }])
})

test.each([
  ['is past', { ...record, offset: '6' }, 'past', /is at 7/],
  ['is not there yet', { ...record, offset: '10' }, 'not-there', /no record/],
  ['is gone', { ...record, offset: '4' }, 'not-there', /no longer/],
  ['has no such partition', { ...record, partition: 2 }, 'not-there', /no record/],
  ['is on a topic that is not read', { ...record, topic: 'shop.delivery' }, 'not-ours', /does not read/],
])('a record that %s is answered so, and nothing is remembered', async (_what, body, outcome, detail) => {
  const { post, asked } = await served()
  expect(await post(body)).toMatchObject({ status: 200, outcome, detail: expect.stringMatching(detail) })
  expect(asked).toEqual([])
})

test('one that does not come in time is waited for, and the answer says that only memory knows of it', async () => {
  const { post } = await served()
  expect(await post(record)).toMatchObject({ outcome: 'waiting', detail: expect.stringMatching(/after a restart.*ask again/) })
  const busy = await served(undefined, { inHand: true })
  expect(await busy.post(record)).toMatchObject({ outcome: 'waiting', detail: expect.stringMatching(/in the middle of it/) })
})

test('one whose effect was there already is past; too many wishes are refused, as are others than who has the token', async () => {
  expect(await (await served('passed')).post(record)).toMatchObject({ outcome: 'past' })
  expect((await (await served(undefined, { full: true })).post(record)).status).toBe(409)
  const { post } = await served()
  expect((await post(record, 'wrong')).status).toBe(401)
  for (const bad of [{ ...record, offset: '-1' }, { ...record, partition: 1.5 }, { topic: 'x' }])
    expect((await post(bad)).status).toBe(400)
})
