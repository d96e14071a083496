/** `npm run fault` on a shop of docker compose that was started with the overlay for faults. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { serviceNames } from '@shop/choreography'
import { beforeAll, expect, test } from 'vitest'
import { check, ended, eventually, isReady, place, type ServiceName } from '../scenarios/shop.ts'
import { compose, projectName, root } from './project.ts'

const overlay = ['-f', 'docker-compose.yml', '-f', 'infra/docker/compose.faults.yaml']

/** @returns what it printed; rejects when its exit code is not 0. */
const fault = async (...args: string[]): Promise<string> => {
  const env = { ...process.env, COMPOSE_PROJECT_NAME: projectName }
  const command = ['tools/faults/main.ts', ...args, '--target', 'compose']
  return (await promisify(execFile)(process.execPath, command, { cwd: root, env, timeout: 120_000 })).stdout
}

const restarts = async (service: ServiceName): Promise<number> => {
  const id = (await compose([...overlay, 'ps', '-q', service])).trim()
  const { stdout } = await promisify(execFile)('docker', ['inspect', '-f', '{{.RestartCount}}', id])
  return Number(stdout)
}

beforeAll(async () => {
  await compose([...overlay, 'up', '-d', '--wait'], 300_000)
  for (const service of serviceNames) await isReady(service)
}, 300_000)

const faults: readonly (readonly string[])[] = [
  ['kill', 'payment'],
  ['latency', 'order', 'kafka', '--for', '3s'],
  ['down', 'inventory', 'database', '--for', '3s'],
  ['duplicate', 'shop.order'],
  ['second-relay', 'payment', '--for', '3s'],
  ['malformed', 'bad-json', 'shop.order'],
  ['throw-at', 'before-commit', 'inventory', '--for', '3s'],
  ['reject-deliveries', '50', '--for', '3s'],
]
test.each(faults.map((args) => [args.join(' '), args] as const))(
  '%s: orders placed meanwhile end',
  async (_what, args) => {
    const breaking = fault(...args)
    const orders = await Promise.all(Array.from({ length: 10 }, () => place({ customerId: 'load-001', sku: 'sticker' })))
    await breaking
    await Promise.all(orders.map(({ orderId }) => ended(orderId, 60_000)))
  },
  120_000,
)

test('crash-at ends the process even where it is the first one of its container', async () => {
  const before = await restarts('payment')
  const breaking = fault('crash-at', 'before-commit', 'payment', '--for', '10s')
  const ordersUntilRestarted = async () => {
    await place({ customerId: 'load-002', sku: 'sticker' })
    return await restarts('payment')
  }
  await eventually(ordersUntilRestarted, (n) => n > before, 30_000)
  await breaking
}, 120_000)

test('every invariant holds after all of them', async () => {
  await isReady('payment')
  const { code, output } = await check('--wait', '60')
  expect(code, output).toBe(0)
}, 120_000)
