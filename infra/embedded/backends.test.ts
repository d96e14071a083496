import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kafkaTransport } from '@shop/transport-kafka'
import { MongoClient } from 'mongodb'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backends, startBackends } from './index.ts'
import { processIdentity } from './process-identity.ts'
import { makeFolder, removeFolder, temporaryFolder } from './testing/temporary-folder.ts'

const kafkaAt = (brokers: string) => kafkaTransport({ brokers: [brokers], clientId: 'infra-test' })

const inPostgres = async <Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

const inMongo = async <Result>(url: string, work: (client: MongoClient) => Promise<Result>): Promise<Result> => {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000, socketTimeoutMS: 10_000, retryWrites: false })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

const recordCount = async (brokers: string, topic: string): Promise<number | undefined> => {
  const admin = kafkaAt(brokers).admin()
  try {
    return (await admin.stretches([topic]))[0]?.records
  } finally {
    await admin.close()
  }
}

describe('one set of backends', () => {
  let dataDir = ''
  let backends: Backends
  const start = () => startBackends({ dataDir, ports: 'free' })

  beforeAll(async () => {
    dataDir = makeFolder()
    backends = await start()
  })
  afterAll(async () => {
    await backends?.stop()
    removeFolder(dataDir)
  })

  test('listen on the loopback address only', async () => {
    const { networkInterfaces } = await import('node:os')
    const { accepts } = await import('./ports.ts')
    const outer = Object.values(networkInterfaces())
      .flat()
      .find((each) => each && !each.internal && each.family === 'IPv4')
    if (!outer) return
    for (const { port } of backends.embedded) expect(await accepts(port, outer.address)).toBe(false)
  })

  test('PostgreSQL commits durably, in UTF-8', async () => {
    const shown = await inPostgres(backends.postgresUrl, async (client) => {
      const values: string[] = []
      for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding']) {
        values.push((await client.query<Record<string, string>>(`show ${name}`)).rows[0]?.[name] as string)
      }
      return values
    })
    expect(shown).toEqual(['on', 'on', 'on', 'UTF8'])
  })

  test('what they stored survives kill -9 of all three, and an orderly stop', async () => {
    await inPostgres(backends.postgresUrl, async (client) => {
      await client.query('create table kept (id int primary key)')
      await client.query('insert into kept values (7)')
    })
    await inMongo(backends.mongoUrl, (client) => client.db('shop').collection('kept').insertOne({ number: 7 }))
    const kafka = kafkaAt(backends.kafkaBrokers)
    const publisher = kafka.publisher()
    await kafka.admin().createTopics([{ topic: 'kept', partitions: 1 }])
    await publisher.publish([{ topic: 'kept', key: null, value: 'seven', headers: {} }])
    await publisher.close()

    const kept = async () => [
      await inPostgres(backends.postgresUrl, async (client) => (await client.query('select id from kept')).rows),
      await inMongo(backends.mongoUrl, async (client) => (await client.db('shop').collection('kept').findOne())?.number),
      await recordCount(backends.kafkaBrokers, 'kept'),
    ]
    const expected = [[{ id: 7 }], 7, 1]
    expect(await kept()).toEqual(expected)

    const pids = backends.embedded.map((backend) => backend.pid())
    await Promise.all(backends.embedded.map((backend) => backend.kill()))
    expect(pids.map(processIdentity)).toEqual([undefined, undefined, undefined])
    expect(existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'))).toBe(true)
    await Promise.all(backends.embedded.map((backend) => backend.start()))
    expect(await kept()).toEqual(expected)

    await backends.stop()
    expect(() => backends.broker.pid()).toThrow('Kafka does not run')
    backends = await start() // on other ports
    expect(await kept()).toEqual(expected)
  })

  test('MongoDB loses no acknowledged write, and leaves no half one, when it is killed under load', async () => {
    const acknowledged: number[] = []
    await inMongo(backends.mongoUrl, async (client) => {
      const orders = client.db('shop').collection<{ _id: number; key: string }>('orders')
      await orders.createIndex({ key: 1 }, { unique: true })
      let next = 0
      const write = async (): Promise<void> => {
        const id = next++
        await orders.insertOne({ _id: id, key: `k${id}` })
        acknowledged.push(id)
        return write()
      }
      const writers = Array.from({ length: 20 }, () => write().catch(() => {}))
      while (acknowledged.length < 1_000) await new Promise(setImmediate)
      await backends.mongo.kill()
      await Promise.all(writers)
    })
    await backends.mongo.start()
    await inMongo(backends.mongoUrl, async (client) => {
      const orders = client.db('shop').collection<{ _id: number; key: string }>('orders')
      const there = new Set((await orders.find().toArray()).map(({ _id }) => _id))
      expect(acknowledged.filter((id) => !there.has(id))).toEqual([])
      // an index entry without its document would refuse this for ever
      const missing = Array.from({ length: acknowledged.length + 40 }, (_, id) => id).filter((id) => !there.has(id))
      await orders.insertMany(missing.map((id) => ({ _id: id, key: `k${id}` })))
    })
  })

  test('a paused PostgreSQL answers nothing, and goes on when resumed', async () => {
    const client = new pg.Client({ connectionString: backends.postgresUrl })
    await client.connect()
    backends.postgres.pause()
    let answered = false
    const answer = client.query('select 1').then(() => {
      answered = true
    })
    const { setTimeout: delay } = await import('node:timers/promises')
    await delay(300) // nothing to wait for: that nothing comes is what is shown
    expect(answered).toBe(false)
    backends.postgres.resume()
    await answer
    await client.end()
  })

  test('a start that cannot work ends with the log’s own words, and leaves nothing running', async () => {
    await backends.postgres.stop()
    writeFileSync(join(dataDir, 'postgres', 'data', 'postgresql.auto.conf'), 'nonsense = on\n')
    await expect(backends.postgres.start()).rejects.toThrow(
      /PostgreSQL does not start: it ended with exit code 1\n.*postgres.log:[\s\S]*unrecognized configuration parameter "nonsense"/,
    )
    writeFileSync(join(dataDir, 'postgres', 'data', 'postgresql.auto.conf'), '')
    await backends.postgres.start()
  })
})

test('a data folder whose Kafka lost its files is named before it is started', async () => {
  const dataDir = temporaryFolder()
  const env = { ...process.env, POSTGRES_URL: '', MONGO_URL: '' }
  const first = await startBackends({ dataDir, ports: 'free', env })
  await first.stop()
  removeFolder(join(dataDir, 'kafka', 'data', 'meta.properties'))
  await expect(startBackends({ dataDir, ports: 'free', env })).rejects.toThrow(
    /the data folder of Kafka, .*meta.properties is missing/,
  )
  expect(readdirSync(join(dataDir, 'postgres', 'data'))).not.toContain('postmaster.pid')
})
