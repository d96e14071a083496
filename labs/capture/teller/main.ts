/** A service that does nothing but tell: a row of its own and an event in one transaction. Killed from outside. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Catalogue, type Message, startedBy, startRelay } from '@shop/messaging'
import { createPool, LogOutbox, PostgresMessageStore } from '@shop/store-postgres'
import { kafkaTransport } from '@shop/transport-kafka'
import { done, ready, type Tell, type TellerSettings, type Told } from './settings.ts'

const keys = 30
const settings = JSON.parse(process.argv[2] ?? '') as TellerSettings
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const catalogue: Catalogue = {
  address: (type) => ({ ceType: `lab.${type}.v1`, source: '/lab', topic: settings.topic }),
  ceTypeOf: (type) => type,
  lookup: () => undefined,
  isOtherVersion: () => false,
  compensates: () => false,
  deadLetterTopic: (topic) => topic,
}

const pool = createPool({ connectionString: settings.databaseUrl, applicationName: 'teller', onIdleError: () => {} })
const outbox = settings.way === 'log' ? new LogOutbox(pool, settings.service, catalogue) : undefined
await outbox?.begin()
const store = new PostgresMessageStore(pool, settings.service, outbox)
if (settings.way === 'relay' && settings.relays) {
  const publisher = kafkaTransport({ brokers: [...settings.brokers], clientId: 'teller', log: quiet }).publisher()
  startRelay({ store, publisher, catalogue, log: quiet })
}
const { rows } = await pool.query<{ n: number }>('SELECT coalesce(max(n) + 1, 0) AS n FROM told')
let next = rows[0]?.n ?? 0

const keyOf = (n: number) => `00000000-0000-4000-8000-${String(n % keys).padStart(12, '0')}`
/** As large as an event of the shop. */
const messageOf = (n: number): Message => {
  const data: Told & { filler: string } = { n, at: Date.now(), filler: 'x'.repeat(200) }
  return startedBy({ key: keyOf(n) }, { type: 'Told', data })
}

const tellOnce = (count: number) =>
  store.transaction(async (client) => {
    const numbers = Array.from({ length: count }, (_, i) => next + i)
    const emit = numbers.map(messageOf)
    await client.query('INSERT INTO told SELECT * FROM unnest($1::int[])', [numbers])
    return { result: undefined, emit }
  })

process.on('message', async ({ count, perTransaction, intervalMs }: Tell) => {
  const begunAt = performance.now()
  for (let told = 0; told < count; told += perTransaction) {
    await tellOnce(Math.min(perTransaction, count - told))
    next += Math.min(perTransaction, count - told)
    await pause(Math.max(0, begunAt + (told / perTransaction + 1) * intervalMs - performance.now()))
  }
  process.send?.(done)
})
process.send?.(ready)
