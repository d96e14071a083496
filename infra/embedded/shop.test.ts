import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunRecord } from '@shop/tools/running-shop'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { processIdentity } from './process-identity.ts'
import { type Shop, type ShopOptions, startShop } from './shop.ts'
import { makeFolder, removeFolder } from './testing/temporary-folder.ts'

let root = ''
const lines: string[] = []
const soon = { timeout: 60_000, interval: 50 }
const dataDir = () => join(root, 'data')
const readRecord = () => JSON.parse(readFileSync(join(dataDir(), 'run.json'), 'utf8')) as RunRecord

beforeAll(() => {
  root = makeFolder()
  mkdirSync(join(root, 'order', 'src'), { recursive: true })
  const answer = `(_, answer) => answer.end(JSON.stringify(process.env))`
  writeFileSync(
    join(root, 'order', 'src', 'main.ts'),
    `import { createServer } from 'node:http'\ncreateServer(${answer}).listen(Number(process.env.PORT), process.env.HOST)\n`,
  )
  writeFileSync(join(root, 'init.mjs'), `console.log('init', process.env.KAFKA_BROKERS)`)
})
afterAll(() => removeFolder(root))

const start = async (more: Partial<ShopOptions> = {}): Promise<Shop> => {
  lines.length = 0
  const services = [{ name: 'order', folder: join(root, 'order'), port: 0, database: 'postgres' as const }]
  const env = { ...process.env, EXTRA: 'passed on' }
  return startShop({
    dataDir: dataDir(),
    ports: 'free',
    services,
    initScript: join(root, 'init.mjs'),
    env,
    log: (line) => lines.push(line),
    ...more,
  })
}

test('a shop tells its services and run.json what they need, restarts what is killed, and leaves nothing behind', async () => {
  const shop = await start()
  onTestFinished(() => shop.stop())
  const told = (await (await fetch(shop.urls.order as string)).json()) as Record<string, string>
  expect(told).toMatchObject({
    HOST: '127.0.0.1',
    KAFKA_BROKERS: shop.backends.kafkaBrokers,
    EXTRA: 'passed on',
    DATABASE_URL: shop.databaseUrls.order,
  })
  expect(told.DATABASE_URL).toMatch(/^postgres:\/\/shop_order:.*@127.0.0.1:\d+\/shop_order$/)
  expect(readFileSync(join(dataDir(), 'logs', 'init.log'), 'utf8')).toBe(`init ${shop.backends.kafkaBrokers}\n`)

  const record = readRecord()
  expect(record).toMatchObject({
    pid: process.pid,
    services: { order: { pid: shop.services.pid('order'), url: shop.urls.order } },
  })
  expect(Object.keys(record.backends).sort()).toEqual(['Kafka', 'MongoDB', 'PostgreSQL'])
  await expect(start()).rejects.toThrow(`the shop already runs in ${dataDir()} (pid ${process.pid})`)

  const pid = shop.backends.mongo.pid()
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(readRecord().backends.MongoDB?.pid ?? pid).not.toBe(pid), soon)
  await vi.waitFor(() => expect(lines.at(-1)).toBe(`MongoDB is ready again, pid ${shop.backends.mongo.pid()}`), soon)

  await shop.stop()
  const pids = [...Object.values(record.services), ...Object.values(record.backends)].map((each) => each.pid)
  expect(pids.map(processIdentity)).toEqual(pids.map(() => undefined))
  expect(existsSync(join(dataDir(), 'run.json'))).toBe(false)
})

test('a failed initialisation says why and stops what was started', async () => {
  writeFileSync(join(root, 'broken.mjs'), `console.error('no such role'); process.exit(4)`)
  await expect(start({ initScript: join(root, 'broken.mjs') })).rejects.toThrow(
    /topics and databases cannot be prepared: .*broken.mjs ended with exit code 4\n[\s\S]*no such role/,
  )
  expect(existsSync(join(dataDir(), 'run.json'))).toBe(false)
})

test('when the shop itself is killed with SIGKILL nothing stays behind, and the next start finds all as it was', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/killable-shop.ts'), dataDir(), join(root, 'order')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const pids = JSON.parse(text.toString()) as number[]
  expect(pids.length).toBe(4)
  expect(pids.map(processIdentity)).not.toContain(undefined)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(pids.map(processIdentity)).toEqual(pids.map(() => undefined)), soon)
  const shop = await start()
  await shop.stop()
})

test('leftovers of a run whose guard was killed too are named and ended', async () => {
  const { endLeftovers } = await import('./run-record.ts')
  const stray = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  onTestFinished(() => void other.kill())
  const file = join(root, 'run.json')
  const services = {
    order: { pid: stray.pid, identity: processIdentity(stray.pid as number) },
    delivery: { pid: other.pid, identity: 'of another boot/1' },
  }
  writeFileSync(file, JSON.stringify({ services, backends: {} }))
  const said: string[] = []
  await endLeftovers(file, (line) => said.push(line))
  expect(said).toEqual([expect.stringContaining(`ending order (pid ${stray.pid}), left over by a former run`)])
  expect(processIdentity(stray.pid as number)).toBeUndefined()
  expect(processIdentity(other.pid as number)).toBeDefined()
  expect(existsSync(file)).toBe(false)
})
