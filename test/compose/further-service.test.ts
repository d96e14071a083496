/** A service that `npm run new-service` made, in the running shop of docker compose; and the tools in a container of it, which know it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ended, eventually, place } from '../scenarios/shop.ts'
import { copyRepository } from '../tutorial/copy.ts'
import { Terminal } from '../tutorial/terminal.ts'
import { compose } from './project.ts'

const overlay = ['-f', 'docker-compose.yml', '-f', 'infra/docker/compose.faults.yaml']
const copy = copyRepository()
const inCopy = (args: readonly string[], boundMs?: number) => compose([...overlay, ...args], boundMs, copy.folder)

/** As the texts say it: `docker compose run --rm check node tools/<tool>/main.ts …`. @returns what it printed; rejects unless it ends with 0. */
const tool = (name: string, ...args: readonly string[]): Promise<string> =>
  inCopy(['run', '--rm', '-T', 'check', 'node', `tools/${name}/main.ts`, ...args])

const read = async (url: string): Promise<string> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return await answer.text()
}

beforeAll(async () => {
  const terminal = await Terminal.open(copy.folder, [])
  const made = await terminal.run('npm run -s new-service -- loyalty --database postgres --reacts OrderConfirmed')
  expect(made.code, made.output).toBe(0)
  // The other services know nothing of it: they run on as they are.
  await inCopy(['up', '-d', '--build', '--wait', 'loyalty', 'dashboard', 'gateway', 'proxies'], 300_000)
}, 330_000)
afterAll(() => copy.remove())

test('it is told of an order, at its own port', async () => {
  const { orderId } = await ended((await place({ customerId: 'load-003' })).orderId, 60_000)
  const seen = await eventually(
    () => read(`http://127.0.0.1:3006/loyalty/${orderId}`),
    (text) => text.includes('OrderConfirmed'),
    60_000,
  )
  expect(JSON.parse(seen)).toEqual({ orderId, seen: ['OrderConfirmed'] })
}, 120_000)

test('the page has its lane', async () => {
  const page = 'http://127.0.0.1:3000'
  const [, sheet = ''] = /href="(\/[^"]*\.css)"/.exec(await read(page)) ?? []
  expect(await read(page + sheet)).toMatch(/\.loyalty\{[^}]*--lane:/)
  expect(JSON.parse(await read(`${page}/api/about`))).toMatchObject({ services: expect.arrayContaining(['loyalty']) })
})

test('watch, dead-letters, faults and check work in a container of the shop', async () => {
  const { orderId } = await ended((await place({ customerId: 'load-003' })).orderId, 60_000)
  expect(await tool('watch', orderId)).toMatch(/OrderPlaced[\s\S]*OrderConfirmed/)
  expect(await tool('faults', 'throw-at', 'after-receive', 'loyalty', '--for', '1s')).toMatch(
    /^loyalty fails at after-receive[\s\S]*ended after 1 s/,
  )
  expect(await tool('faults', 'latency', 'loyalty', 'kafka', '--for', '1s')).toMatch(/^between loyalty and Kafka every byte/)
  await expect(tool('faults', 'kill', 'payment')).rejects.toThrow('a container cannot ask the engine')
  expect(await tool('faults', 'malformed', 'missing-headers', 'shop.order')).toMatch(/^published to shop.order/)
  const letters = await eventually(
    () => tool('dead-letters', 'list', '--service', 'loyalty'),
    (text) => !text.startsWith('no dead letters'),
    60_000,
  )
  expect(letters).toContain('loyalty:shop.order')
  expect(await tool('check', '--wait', '60')).toMatch(/0 violated/)
  await tool('dead-letters', 'discard', '--all', '--yes')
  expect(await tool('dead-letters', 'list')).toMatch(/^no dead letters/)
}, 240_000)
