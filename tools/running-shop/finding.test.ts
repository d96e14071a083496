import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refused } from '@shop/command-line'
import { participants } from '@shop/manifest'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EmbeddedShop } from './embedded-shop.ts'
import { findShop } from './find-shop.ts'
import { type RunRecord, readRunRecord } from './run-record.ts'
import { accessOf, brokersOf, servicesOf } from './whereabouts.ts'

const entry = (url: string) => ({ pid: 1, url, log: '/log' })
const record: RunRecord = {
  pid: process.pid,
  startedAt: '2026-11-27T00:00:00.000Z',
  dataDir: '/data',
  kafkaBrokers: '127.0.0.1:1,127.0.0.1:2',
  postgresUrl: 'postgres://recorded',
  mongoUrl: 'mongodb://recorded',
  adminToken: 'recorded-token',
  backends: {},
  services: {
    order: { ...entry('http://127.0.0.1:4001'), database: 'mongodb://recorded/shop_order' },
    dashboard: entry('http://127.0.0.1:4000'),
  },
  others: {},
}

const folderWith = (content: unknown): string => {
  const dir = mkdtempSync(join(tmpdir(), 'shop-finding-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  if (content !== undefined) writeFileSync(join(dir, 'run.json'), typeof content === 'string' ? content : JSON.stringify(content))
  return dir
}

/** The pid of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid

describe('the record of npm start', () => {
  test('counts while its process lives', () => {
    expect(readRunRecord(folderWith(record))).toEqual({ record })
  })

  test('is stale when that is gone', () => {
    const pid = deadPid()
    const found = readRunRecord(folderWith({ ...record, pid }))
    expect(found).toMatchObject({ record: undefined, stale: true, why: expect.stringContaining(`gone, pid ${pid}`) })
  })

  test('may be missing', () => {
    const dir = folderWith(undefined)
    expect(readRunRecord(dir)).toEqual({ record: undefined, stale: false, why: `no ${join(dir, 'run.json')}` })
  })

  test.each(['{"pid": 1', '{"pid": 1}', '[]'])('%s is none', (content) => {
    expect(() => readRunRecord(folderWith(content))).toThrow(/run\.json is no record of a running shop: start/)
  })
})

describe('broker and databases', () => {
  test('are those of the record, unless the environment names them', () => {
    const dataDir = folderWith(record)
    const recorded = {
      brokers: ['127.0.0.1:1', '127.0.0.1:2'],
      postgresUrl: 'postgres://recorded',
      mongoUrl: 'mongodb://recorded',
    }
    expect(accessOf({ dataDir, env: {} })).toEqual(recorded)
    expect(accessOf({ dataDir, env: { MONGO_URL: 'mongodb://named' } })).toEqual({ ...recorded, mongoUrl: 'mongodb://named' })
  })

  test('all named: the record does not matter', () => {
    const env = { KAFKA_BROKERS: 'kafka:9092', POSTGRES_URL: 'postgres://named', MONGO_URL: 'mongodb://named' }
    expect(accessOf({ dataDir: folderWith('broken'), env })).toMatchObject({ brokers: ['kafka:9092'] })
    expect(brokersOf({ dataDir: folderWith('broken'), env })).toEqual(['kafka:9092'])
  })

  test('nothing found: what is missing is said, and that a record is stale', () => {
    const looking = (content: unknown) => () =>
      accessOf({ dataDir: folderWith(content), env: { POSTGRES_URL: 'postgres://named' } })
    expect(looking(undefined)).toThrow(/^no shop runs here \(no .*run\.json\): run npm start, or set KAFKA_BROKERS, MONGO_URL$/)
    expect(looking({ ...record, pid: deadPid() })).toThrow(/is of a shop that is gone, pid \d+\): run npm start/)
  })
})

describe('the services', () => {
  const published = Object.fromEntries(participants.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]))

  test('with a database stand in the record', () => {
    expect(servicesOf({ dataDir: folderWith(record), env: {} })).toEqual({
      urls: { order: 'http://127.0.0.1:4001' },
      adminToken: 'recorded-token',
    })
  })

  test('are named by the environment inside a container', () => {
    const env = { SERVICE_URLS: 'order=http://order:3001, payment=http://payment:3002', ADMIN_TOKEN: 'named-token' }
    expect(servicesOf({ dataDir: folderWith('broken'), env })).toEqual({
      urls: { order: 'http://order:3001', payment: 'http://payment:3002' },
      adminToken: 'named-token',
    })
    expect(() => servicesOf({ env: { SERVICE_URLS: 'order:3001' } })).toThrow('SERVICE_URLS: expected name=http://host:port')
  })

  test('are those of docker compose without a record; a stale one is said', () => {
    expect(servicesOf({ dataDir: folderWith(undefined), env: {} })).toEqual({ urls: published, adminToken: 'shop-admin' })
    const stale = servicesOf({ dataDir: folderWith({ ...record, pid: deadPid() }), env: { SHOP_ADMIN_TOKEN: 'mine' } })
    expect(stale).toEqual({ urls: published, adminToken: 'mine', notice: expect.stringContaining('gone') })
  })
})

describe('the shop to act on', () => {
  test('is asked for its addresses through its door', async () => {
    const state = { services: { order: { url: 'http://127.0.0.1:4711' } }, backends: [], faultsEnabled: false, pending: [] }
    const door = createServer((req, res) => {
      const allowed = req.headers.authorization === 'Bearer recorded-token'
      res.writeHead(allowed ? 200 : 401).end(JSON.stringify(allowed ? state : { detail: 'wrong token' }))
    })
    onTestFinished(() => void door.close())
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
    const doorUrl = `http://127.0.0.1:${(door.address() as AddressInfo).port}`
    const shop = await findShop({ target: 'embedded', dataDir: folderWith({ ...record, doorUrl }), env: {} })
    expect(shop.kind).toBe('embedded')
    expect(shop.url('order')).toBe('http://127.0.0.1:4711')
    const wrong = new EmbeddedShop({ ...record, doorUrl, adminToken: 'wrong' })
    await expect(wrong.state()).rejects.toThrow(new Refused('wrong token'))
  })

  test('is still starting before it has a door', async () => {
    await expect(findShop({ target: 'embedded', dataDir: folderWith(record) })).rejects.toThrow('still starting')
  })

  test('is not there: what was looked for is said, and that a record is stale', async () => {
    const dataDir = folderWith({ ...record, pid: deadPid() })
    await expect(findShop({ target: 'embedded', dataDir })).rejects.toThrow(
      /^no shop runs here \(looked for .*gone, pid \d+\): npm start$/,
    )
  })

  test('from inside compose: all that the environment names, but not the engine', async () => {
    const asked: string[] = []
    const around = createServer((req, res) => {
      asked.push(`${req.method} ${req.url} ${req.headers.authorization}`)
      const noFaults = req.url === '/admin/faults'
      res.writeHead(noFaults ? 404 : 200).end(JSON.stringify(noFaults ? { detail: 'it does not exist' } : { id: 'one' }))
    })
    onTestFinished(() => void around.close())
    await new Promise<void>((resolve) => around.listen(0, '127.0.0.1', resolve))
    const url = `http://localhost:${(around.address() as AddressInfo).port}`
    const servers = { KAFKA_BROKERS: 'kafka:9092', POSTGRES_URL: 'postgres://named', MONGO_URL: 'mongodb://named' }
    const env = {
      ...servers,
      SERVICE_URLS: `payment=${url},gone=http://nobody.invalid:1`,
      ADMIN_TOKEN: 'named',
      PROXIES_URL: url,
    }
    const shop = await findShop({ env })
    expect(shop).toMatchObject({ kind: 'inside', access: { brokers: ['kafka:9092'] } })
    expect(await shop.admin('payment', 'POST', '/refusals', {})).toEqual([{ id: 'one' }])
    await (await shop.poison('payment', 'kafka', { kind: 'down' }, 1_000))()
    await expect(shop.admin('payment', 'POST', '/faults', {})).rejects.toThrow('the services know no faults: start the shop')
    await expect(shop.admin('gone', 'GET', '/faults')).rejects.toThrow(new Refused('nobody.invalid does not run'))
    await shop.heal()
    expect(asked).toEqual(
      [
        'POST /admin/refusals',
        'POST /links/payment-kafka/toxics',
        'DELETE /links/payment-kafka/toxics/one',
        'POST /admin/faults',
        'DELETE /toxics',
        'DELETE /admin/faults',
        'DELETE /admin/refusals',
      ].map((line) => `${line} Bearer named`),
    )
    await expect(async () => shop.act('kill', 'payment')).rejects.toThrow('a container cannot ask the engine')
    const withoutProxies = await findShop({ target: 'inside', env: { ...env, PROXIES_URL: '' } })
    await expect(withoutProxies.poison('payment', 'kafka', { kind: 'down' }, 1_000)).rejects.toThrow('no proxies stand')
    await expect(findShop({ target: 'inside', env: servers })).rejects.toThrow('needs SERVICE_URLS')
  })
})
