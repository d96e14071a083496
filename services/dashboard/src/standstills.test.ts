import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ServicesWatch } from './services-watch.ts'
import { standstillsIn } from './standstills.ts'
import { Upstream } from './upstream.ts'

const reason = 'stands still at shop.order/3@17 for 42 s: error: 22021'
const readiness = JSON.stringify({ checks: { database: 'ok', 'consumer-progress': reason, 'relay-progress': 'ok' } })

test('a service that stands still is shown with where, why and the command that sets the record aside', async () => {
  let stuck = 29
  const server = createServer((req, res) => {
    if (req.url === '/metrics')
      return void res.end(`shop_stuck_seconds{part="consumer"} ${stuck}\nshop_stuck_seconds{part="relay"} 0\n`)
    res.statusCode = 503
    return void res.end(readiness)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const watch = new ServicesWatch(new Upstream(new Map([['payment', url]])))
  await watch.read()
  expect(watch.states()[0]).toMatchObject({ up: true })
  expect(watch.states()[0]?.standstills).toBeUndefined()
  stuck = 42
  await watch.read()
  expect(watch.states()[0]?.standstills).toEqual([
    {
      part: 'consumer',
      seconds: 42,
      text: `payment (consumer) ${reason}`,
      command: 'npm run dead-letters -- park shop.order 3 17 --service payment --yes',
    },
  ])
})

test('without a place, or without a reason that can be read, there is no command', () => {
  const relay = JSON.stringify({ checks: { 'relay-progress': 'stands still for 31 s: Error: no broker' } })
  expect(standstillsIn('order', { relay: 31 }, relay)).toEqual([
    { part: 'relay', seconds: 31, text: 'order (relay) stands still for 31 s: Error: no broker' },
  ])
  expect(standstillsIn('order', { consumer: 31 }, '<html>')).toEqual([
    { part: 'consumer', seconds: 31, text: 'order (consumer) stands still for 31 s' },
  ])
})
