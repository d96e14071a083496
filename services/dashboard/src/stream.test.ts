import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Frame, Snapshot } from './api.ts'
import { framesPerSecondMax } from './feed.ts'
import { readersMax, readersOfClientMax } from './stream.ts'
import { paths, sagaOf, Topics } from './testing/records.ts'
import { type Served, serve } from './testing/served.ts'
import { type EventStream, openStream } from './testing/sse.ts'

let served: Served
let topics: Topics
const opened: EventStream[] = []
const open = async (path = '', headers = {}) => {
  const stream = await openStream(`${served.url}/api/stream${path}`, headers)
  opened.push(stream)
  return stream
}

beforeEach(async () => {
  served = await serve()
  topics = new Topics()
})
afterEach(async () => {
  for (const stream of opened.splice(0)) stream.close()
  await served.close()
})

/** Places one order and gives its id. */
const happen = (path: readonly string[] = paths.confirmed): string => {
  const saga = sagaOf(path)
  served.take(saga.map((m) => topics.event(m)))
  return saga[0]?.key ?? ''
}

test('one client has no more than its share of the seats, and others are served', async () => {
  const ofOne = { 'user-agent': 'one client' }
  for (let n = 0; n < readersOfClientMax; n++) await open('', ofOne)
  for (let n = readersOfClientMax; n <= readersMax; n++) {
    const refused = await fetch(`${served.url}/api/stream`, { headers: ofOne })
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, 5])
    await refused.body?.cancel()
  }
  const other = await open('', { 'user-agent': 'another one' })
  await other.message('snapshot')
  opened[0]?.close()
  await expect.poll(() => served.stream.readers).toBe(readersOfClientMax)
  await (await open('', ofOne)).message('snapshot')
})

test('all clients together have no more seats than there are', async () => {
  for (let n = 0; n < readersMax; n++) await open('', { 'user-agent': `client ${n}` })
  const refused = await fetch(`${served.url}/api/stream`)
  expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([503, 5])
  await refused.body?.cancel()
})

const ordersIn = (stream: EventStream) =>
  stream.received.flatMap((m) => (m.event === 'pulse' ? [] : (m.data as Snapshot | Frame).orders.map((o) => o.orderId)))

describe('the stream', () => {
  test('begins with a snapshot, then tells what changed', async () => {
    const before = happen()
    const stream = await open()
    expect((await stream.message('snapshot')).orders.map((o) => o.orderId)).toEqual([before])
    const next = happen(paths.outOfStock)
    const frame = await stream.message('frame')
    expect(frame.orders).toMatchObject([{ orderId: next, state: 'CANCELLED', reason: 'out_of_stock' }])
    expect(frame.totals).toMatchObject({ CONFIRMED: 1, CANCELLED: 1, all: 2 })
  })

  test('goes on after the last id: nothing missed, nothing twice', async () => {
    const first = await open()
    await first.message('snapshot')
    happen()
    await first.message('frame')
    const lastId = first.lastId()
    first.close()
    // more than one frame's worth while nobody reads
    const other = await open()
    const missed: string[] = []
    for (let i = 0; i < 3; i++) {
      missed.push(happen())
      await other.message('frame', (f) => f.orders.some((o) => o.orderId === missed.at(-1)))
    }
    const again = await open('', { 'last-event-id': lastId })
    const later = happen()
    await again.message('frame', (f) => f.orders.some((o) => o.orderId === later))
    expect(ordersIn(again)).toEqual([...missed, later])
    expect(again.received.every((m) => m.event === 'frame')).toBe(true)
  })

  test.each(['of-another-process.3', 'rubbish', '-1'])('begins anew with a snapshot for the id %s', async (id) => {
    const orderId = happen()
    const stream = await open('', { 'last-event-id': id })
    expect((await stream.message('snapshot')).orders.map((o) => o.orderId)).toEqual([orderId])
  })

  test('tells a burst in few frames, and how much each left out', async () => {
    const stream = await open()
    await stream.message('snapshot')
    const began = performance.now()
    for (let i = 0; i < 40; i++) {
      for (let n = 0; n < 10; n++) happen()
      await pause(10)
    }
    const frames = () => stream.received.filter((m) => m.event === 'frame').map((m) => m.data as Frame)
    await stream.message('frame', (f) => f.totals.all === 400)
    const seconds = (performance.now() - began) / 1_000
    expect(frames().length).toBeLessThanOrEqual(Math.ceil(seconds * framesPerSecondMax) + 1)
    expect(Math.max(...frames().map((f) => f.orders.length))).toBeLessThanOrEqual(50)
    expect(frames().reduce((sum, f) => sum + f.orders.length + f.omitted, 0)).toBe(400)
  })

  test('shows one saga whole, again at each change, and says when there is none yet', async () => {
    const saga = sagaOf(paths.notServed)
    const stream = await open(`?order=${saga[0]?.key}`)
    await stream.message('saga-unknown')
    served.take(saga.slice(0, 3).map((m) => topics.event(m)))
    const half = await stream.message('saga')
    expect(half.expected).toMatchObject([
      { service: 'delivery', on: 'StockReserved', mayEmit: ['DeliveryScheduled', 'DeliveryRejected'] },
    ])
    expect(half.compensations.map((c) => [c.stepType, c.undoneById])).toEqual([
      ['PaymentCaptured', undefined],
      ['StockReserved', undefined],
    ])
    served.take(saga.slice(3).map((m) => topics.event(m)))
    const whole = await stream.message('saga', (s) => s.order.state === 'CANCELLED')
    expect(whole.expected).toEqual([])
    expect(whole.compensations.map((c) => c.undoneById)).toEqual([saga[5]?.id, saga[4]?.id])
    expect(JSON.stringify(whole)).not.toMatch(/Ann Body|Main St|10115/)
  })

  test('drops a reader that does not read to a snapshot, instead of keeping what it missed', async () => {
    const { hostname, port } = new URL(served.url)
    const socket = connect({ host: hostname, port: Number(port) }).pause()
    const order = sagaOf(paths.confirmed)
    served.take(order.map((m) => topics.event(m)))
    socket.write(`GET /api/stream?order=${order[0]?.key} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`)
    await expect.poll(() => served.stream.readers).toBe(1)
    const [copied] = order
    if (copied === undefined) throw new Error('no such event')
    // Each pulse is large, and none is read: sockets take some megabytes, the rest is bounded.
    const pulse = { at: 'x'.repeat(200_000), flow: {}, rates: {} } as never
    for (let i = 0; i < 200; i++) {
      served.stream.tell('pulse', pulse)
      await pause(1)
    }
    expect(served.stream.waitingBytes).toBeLessThan(1_000_000)
    const later = happen()
    await expect.poll(() => served.store.order(later)?.state).toBe('CONFIRMED')
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text = `${text}${part}`.slice(-100_000)
    })
    socket.resume()
    await expect.poll(() => text.lastIndexOf('event: snapshot'), { timeout: 10_000 }).toBeGreaterThan(-1)
    expect(text.slice(text.lastIndexOf('event: snapshot'))).toContain(later)
    socket.destroy()
  })
})
