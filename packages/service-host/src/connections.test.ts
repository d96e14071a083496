import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { boundConnections } from './connections.ts'
import { listen } from './server.ts'

const bounds = { crowdMax: 20, connectionsMax: 30 }

const serveBounded = async (handler: RequestListener, waitMsMin = 0) => {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler)
  boundConnections(server, { ...bounds, waitMsMin })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  const openCount = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))
  const open = async (text: string): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await once(socket, 'connect')
    socket.write(text)
    return socket
  }
  return { url: `http://127.0.0.1:${port}`, open, openCount }
}

const halfHead = 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '
const wholeHead = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('connections that do not send their request to the end leave others served, and stay few', async () => {
  const { url, open, openCount } = await serveBounded((_req, res) => void res.end('served'))
  for (let n = 0; n < 100; n++) await open(halfHead)
  expect(await (await fetch(url)).text()).toBe('served')
  await vi.waitFor(async () => expect(await openCount()).toBeLessThanOrEqual(bounds.crowdMax + 1))
})

test('what is closed is what has waited longest, never a request in handling', async () => {
  const answers: (() => void)[] = []
  const { url, open } = await serveBounded((req, res) => {
    if (req.url === '/quick') res.end('quick')
    else answers.push(() => res.end('at last'))
  })
  const slow = await open(wholeHead)
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  const idle = await open(halfHead)
  const idleClosed = once(idle, 'close')
  for (let n = 0; n < 40; n++) await open(halfHead)
  await idleClosed
  expect(await (await fetch(`${url}/quick`)).text()).toBe('quick')
  const answer = once(slow, 'data')
  answers[0]?.()
  expect(String((await answer)[0])).toContain('at last')
})

test('takes no more than its bound when all are busy, and others again afterwards', async () => {
  const answers: (() => void)[] = []
  const { url, open, openCount } = await serveBounded((req, res) => {
    if (req.url === '/quick') res.end('quick')
    else answers.push(() => res.end())
  }, 60_000)
  for (let n = 0; n < 40; n++) await open(wholeHead)
  await vi.waitFor(() => expect(answers).toHaveLength(bounds.connectionsMax))
  expect(await openCount()).toBe(bounds.connectionsMax)
  for (const answer of answers) answer()
  await vi.waitFor(async () => expect(await (await fetch(`${url}/quick`)).text()).toBe('quick'))
})

test('makes room where none is left, also for those who come at once', async () => {
  const { url, open, openCount } = await serveBounded((_req, res) => void res.end('served'), 60_000)
  for (let n = 0; n < 100; n++) await open(halfHead)
  expect(await openCount()).toBeLessThanOrEqual(bounds.connectionsMax)
  const served = await vi.waitFor(async () => (await fetch(url)).text())
  expect(served).toBe('served')
})

test('every server of the host is bounded', async () => {
  const server = await listen((_req, res) => void res.end(), 0, '127.0.0.1')
  onTestFinished(() => void server.close())
  expect(server.maxConnections).toBe(4_000)
})
