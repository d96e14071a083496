/** `npm run bench:kit`: what the kit itself costs on each store, against the same statements without it. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBackends } from '@shop/infra/embedded'
import { relayOnce } from '@shop/messaging'
import { createTopics, kafkaClient, kafkaPublisher } from '@shop/messaging/kafka'
import { measureKafka } from './kafka.ts'
import { memorySubject } from './memory.ts'
import { catalogue, incoming } from './messages.ts'
import { mongoSubject } from './mongo.ts'
import { postgresSubject } from './postgres.ts'
import type { Subject } from './subject.ts'

const usage = `npm run bench:kit -- [--seconds N] [--json] [--out FILE]

Events handled a second on each store, by batch size: each event with its id, its state and one outgoing message, one commit a batch. Beside
it the same by bare statements on one connection, in the same run; then the relay, and producing and consuming against kafkajs alone.
  --seconds N   for each figure; default 3`

const sizes = [1, 20, 100, 200] as const
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const tell = (line: string) => console.error(`bench:kit: ${line}`)

/** Batches are made ahead, so that making them is not measured. */
const eventsPerSecond = async (size: number, seconds: number, work: (batch: ReturnType<typeof incoming>) => Promise<unknown>) => {
  const warm = performance.now() + Math.min(1_000, seconds * 300)
  while (performance.now() < warm) await work(incoming(size))
  let events = 0
  let busyMs = 0
  while (busyMs < seconds * 1_000) {
    const batches = Array.from({ length: 20 }, () => incoming(size))
    const began = performance.now()
    for (const batch of batches) await work(batch)
    busyMs += performance.now() - began
    events += size * batches.length
  }
  return (events / busyMs) * 1_000
}

interface StoreFigures {
  readonly store: string
  readonly size: number
  readonly kit: number
  readonly bare?: number
}

/** Kit and bare statements take turns, so that a noisy machine is noisy for both. */
const measureStore = async (subject: Subject, seconds: number): Promise<StoreFigures[]> => {
  const figures: StoreFigures[] = []
  for (const size of sizes) {
    tell(`${subject.name}, batches of ${size} …`)
    const turns: { kit: number; bare: number }[] = []
    for (let turn = 0; turn < 3; turn++) {
      const kit = await eventsPerSecond(size, seconds / 3, (batch) => subject.handle(batch))
      const bare = subject.bare ? await eventsPerSecond(size, seconds / 3, subject.bare) : Number.NaN
      turns.push({ kit, bare })
      await subject.empty()
    }
    const median = (of: 'kit' | 'bare') => turns.map((t) => t[of]).sort((a, b) => a - b)[1] ?? Number.NaN
    figures.push({ store: subject.name, size, kit: median('kit'), ...(subject.bare && { bare: median('bare') }) })
  }
  return figures
}

const relayed = 5_000

/** From the outbox to the broker, and forgotten. */
const measureRelay = async (subject: Subject, brokers: readonly string[]): Promise<number> => {
  const publisher = kafkaPublisher({ kafka: kafkaClient({ brokers, clientId: 'bench-kit', log }), log })
  for (let stored = 0; stored < relayed; stored += 200) await subject.handle(incoming(200))
  const options = { store: subject.store, publisher, catalogue }
  let count = await relayOnce(options)
  const began = performance.now()
  for (let more = count; more > 0; count += more) more = await relayOnce(options)
  const perSecond = ((count - 500) / (performance.now() - began)) * 1_000
  await publisher.close()
  await subject.empty()
  return perSecond
}

const main = async (seconds: number) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-bench-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const backends = await startBackends({ dataDir, ports: 'free', log: tell })
  const brokers = backends.kafkaBrokers.split(',')
  try {
    await createTopics(kafkaClient({ brokers, clientId: 'bench-kit', log }), [{ topic: 'shop.payment' }])
    const subjects = [await memorySubject(), await postgresSubject(backends.postgresUrl), await mongoSubject(backends.mongoUrl)]
    const stores: StoreFigures[] = []
    const relay: Record<string, number> = {}
    for (const subject of subjects) {
      stores.push(...(await measureStore(subject, seconds)))
      tell(`${subject.name}, relay …`)
      relay[subject.name] = await measureRelay(subject, brokers)
      await subject.close()
    }
    tell('Kafka …')
    return { stores, relay, kafka: await measureKafka(brokers, 30_000) }
  } finally {
    await backends.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

const n = (value: number): string => Math.round(value).toLocaleString('en').padStart(9)
const ratio = (kit: number, bare: number): string => (kit / bare).toFixed(2).padStart(6)

const text = ({ stores, relay, kafka }: Awaited<ReturnType<typeof main>>): string =>
  [
    'events/s              batch       kit      bare   kit/bare',
    ...stores.map(
      ({ store, size, kit, bare }) =>
        `${store.padEnd(18)}  ${String(size).padStart(5)} ${n(kit)} ${bare === undefined ? '        –' : `${n(bare)}   ${ratio(kit, bare)}`}`,
    ),
    ...Object.entries(relay).map(([store, perSecond]) => `relay, ${store.padEnd(14)}    ${n(perSecond)}`),
    `Kafka, produce           ${n(kafka.produce)} ${n(kafka.bareProduce)}   ${ratio(kafka.produce, kafka.bareProduce)}`,
    `Kafka, consume           ${n(kafka.consume)} ${n(kafka.bareConsume)}   ${ratio(kafka.consume, kafka.bareConsume)}`,
  ].join('\n')

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
if (values.help) console.log(usage)
else if (!(seconds > 0 && seconds <= 600)) {
  console.error('--seconds: expected a number above 0, at most 600')
  process.exitCode = 2
} else {
  const figures = await main(seconds)
  if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(figures, null, 2)}\n`)
  console.log(values.json ? JSON.stringify(figures, null, 2) : text(figures))
}
