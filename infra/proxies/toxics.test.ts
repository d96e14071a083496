import net from 'node:net'
import type { Toxic } from '@shop/tools/running-shop'
import { expect, onTestFinished, test } from 'vitest'
import { createControl } from './control.ts'
import { Link } from './link.ts'

const long = 60_000

/** A server that sends back what it gets, and remembers how its connections ended. */
const echo = async () => {
  const ended: string[] = []
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (bytes) => socket.write(bytes))
    socket.on('end', () => {
      ended.push('end')
      socket.end('bye')
    })
    socket.on('error', () => ended.push('error'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as net.AddressInfo).port, ended }
}

const through = async (...toxics: Toxic[]) => {
  const { port, ended } = await echo()
  const link = await Link.open({ name: 'a-b', host: '127.0.0.1', port: 0, toHost: '127.0.0.1', toPort: port })
  onTestFinished(() => link.close())
  for (const toxic of toxics) link.add(toxic, long)
  return { link, ended }
}

interface Client {
  readonly socket: net.Socket
  /** Resolves once so many bytes came, with the time it took from now. */
  receive(bytes: number): Promise<number>
  readonly received: () => string
  /** 'end' in order, 'reset' otherwise. */
  readonly closed: Promise<'end' | 'reset'>
}

const connect = (link: Link): Client => {
  const socket = net.connect({ port: link.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  onTestFinished(() => void socket.destroy())
  let text = ''
  let more = () => {}
  socket.on('data', (bytes) => {
    text += bytes
    more()
  })
  const { promise: closed, resolve } = Promise.withResolvers<'end' | 'reset'>()
  socket.on('error', () => resolve('reset'))
  socket.on('end', () => {
    resolve('end')
    socket.end()
  })
  const receive = async (bytes: number) => {
    const begunAt = performance.now()
    while (text.length < bytes) await new Promise<void>((go) => (more = go))
    return performance.now() - begunAt
  }
  return { socket, receive, received: () => text, closed }
}

test('without a toxic all bytes pass in order, and an end is passed on without ending the other stream', async () => {
  const { link, ended } = await through()
  const client = connect(link)
  const long = 'x'.repeat(300_000)
  client.socket.write(`hello ${long}`)
  await client.receive(300_006)
  expect(client.received()).toBe(`hello ${long}`)
  client.socket.end()
  expect(await client.closed).toBe('end')
  expect(client.received().endsWith('bye')).toBe(true)
  expect(ended).toEqual(['end'])
})

test('latency: every byte comes later, and what was sent together comes together', async () => {
  const { link } = await through({ kind: 'latency', stream: 'downstream', ms: 150, jitterMs: 0 })
  const client = connect(link)
  client.socket.write('one')
  client.socket.write('two')
  const tookMs = await client.receive(6)
  expect(tookMs).toBeGreaterThanOrEqual(145)
  client.socket.write('three')
  expect(await client.receive(11)).toBeGreaterThanOrEqual(145)
  expect(client.received()).toBe('onetwothree')
})

test('down: connections are cut and new ones refused, until it ends', async () => {
  const { link } = await through()
  const before = connect(link)
  before.socket.write('x')
  await before.receive(1)
  const { id } = link.add({ kind: 'down' }, long)
  expect(await before.closed).toBe('reset')
  expect(await connect(link).closed).toBe('reset')
  expect(link.remove(id)).toBe(true)
  const after = connect(link)
  after.socket.write('y')
  await after.receive(1)
  expect(link.connections).toBe(1)
})

test('reset_peer: the connection is reset after its time', async () => {
  const { link, ended } = await through({ kind: 'reset_peer', ms: 50 })
  const client = connect(link)
  client.socket.write('x')
  await client.receive(1)
  expect(await client.closed).toBe('reset')
  await expect.poll(() => ended).toEqual(['error'])
})

test('timeout: nothing gets through, and the connection is closed after its time', async () => {
  const { link } = await through({ kind: 'timeout', stream: 'downstream', ms: 80 })
  const client = connect(link)
  client.socket.write('x')
  expect(await client.closed).toBe('end')
  expect(client.received()).toBe('')
})

test('timeout without a time: the connection is closed when the toxic ends by itself', async () => {
  const { link } = await through()
  const client = connect(link)
  link.add({ kind: 'timeout', stream: 'both', ms: 0 }, 100)
  client.socket.write('x')
  expect(await client.closed).toBe('end')
  expect(client.received()).toBe('')
  expect(link.toxics()).toEqual([])
})

test('slow_close: the end is told later', async () => {
  const { link } = await through({ kind: 'slow_close', stream: 'downstream', ms: 150 })
  const client = connect(link)
  client.socket.end('x')
  await client.receive(4)
  const at = performance.now()
  expect(await client.closed).toBe('end')
  expect(performance.now() - at).toBeGreaterThanOrEqual(140)
})

test('bandwidth: so many bytes a second', async () => {
  const { link } = await through({ kind: 'bandwidth', stream: 'upstream', bytesPerSecond: 20_000 })
  const client = connect(link)
  client.socket.write('x'.repeat(5_000))
  expect(await client.receive(5_000)).toBeGreaterThanOrEqual(240)
})

test('limit_data: closed after so many bytes', async () => {
  const { link } = await through({ kind: 'limit_data', stream: 'downstream', bytes: 10 })
  const client = connect(link)
  client.socket.write('x'.repeat(25))
  expect(await client.closed).toBe('end')
  expect(client.received()).toBe('x'.repeat(10))
})

test('half_close: one stream ends, the other one goes on', async () => {
  const { link, ended } = await through()
  const client = connect(link)
  client.socket.write('x')
  await client.receive(1)
  link.add({ kind: 'half_close', stream: 'upstream' }, long)
  await client.receive(4)
  expect(client.received()).toBe('xbye')
  expect(ended).toEqual(['end'])
})

test('the control: toxics are switched by those who have the token, and wrong requests are told what is possible', async () => {
  const { link } = await through()
  const control = createControl([link], 'secret').listen(0, '127.0.0.1')
  await new Promise((resolve) => control.once('listening', resolve))
  onTestFinished(() => void control.close())
  const base = `http://127.0.0.1:${(control.address() as net.AddressInfo).port}`
  const ask = async (method: string, path: string, body?: unknown, token = 'secret') => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(base + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  expect((await ask('GET', '/links', undefined, 'wrong')).status).toBe(401)
  expect(await ask('POST', '/links/nowhere/toxics', {})).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('there are a-b') },
  })
  expect(await ask('POST', '/links/a-b/toxics', { toxic: { kind: 'latency', ms: -1 }, forMs: 5 })).toMatchObject({ status: 400 })
  const added = await ask('POST', '/links/a-b/toxics', { toxic: { kind: 'latency', ms: 5 }, forMs: long })
  expect(added).toMatchObject({ status: 201, body: { id: '1', toxic: { kind: 'latency', ms: 5 } } })
  expect((await ask('GET', '/links')).body.links[0].toxics).toHaveLength(1)
  expect((await ask('DELETE', '/links/a-b/toxics/1')).status).toBe(204)
  expect((await ask('DELETE', '/links/a-b/toxics/1')).status).toBe(404)
  await ask('POST', '/links/a-b/toxics', { toxic: { kind: 'down' }, forMs: long })
  expect((await ask('DELETE', '/toxics')).status).toBe(204)
  expect(link.toxics()).toEqual([])
})
