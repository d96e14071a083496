/** `npm run bench:kit`: what the kit itself costs on each store, against the same statements without it. */
import { writeFileSync } from 'node:fs'
import { command, flag, number, option, optionOr, path, runCommand, wholeNumber } from '@shop/command-line'
import { startBackends } from '@shop/infra/embedded'
import { kafkaTransport } from '@shop/transport-kafka'
import { endOnRequest } from '../ending.ts'
import { temporaryFolder } from '../shop.ts'
import { measureKafka } from './kafka.ts'
import { memorySubject } from './memory.ts'
import { mongoSubject } from './mongo.ts'
import { postgresSubject } from './postgres.ts'
import { type Extent, measureRelay, measureStore, type StoreFigures } from './stores.ts'
import { turnsUsual } from './turns.ts'

const kitCommand = command({
  name: 'bench:kit',
  usage: 'npm run bench:kit [-- options]',
  about: `Events handled a second on each store, by batch size: each event with its id, its state and one outgoing message, one commit a batch; for
orders that are new, and for later events of orders that are known. Beside it the same rows and documents by bare statements on one
connection, which read nothing first, in the same run; then the relay, and producing and consuming against kafkajs alone.`,
  options: {
    seconds: optionOr('N', 'for each line; default 3', number(0.1, 600), 3),
    turns: optionOr('N', `so often kit and bare statements take turns; default ${turnsUsual}`, wholeNumber(1, 99), turnsUsual),
    json: flag('prints the figures for machines'),
    out: option('FILE', 'saves the figures as JSON', path),
  },
  examples: [['npm run bench:kit -- --seconds 1', 'a quick look']],
  exitCodes: '0 done, 1 it could not be measured, 2 the request makes no sense',
})

const tell = (line: string) => console.error(`bench:kit: ${line}`)
const kafkaEventsPerSecond = 10_000
const kafkaEventsMax = 100_000

/** @throws as soon as the signal is aborted; the servers are stopped by then, and their folder gone. */
const run = async (extent: Extent, signal: AbortSignal) => {
  const folder = temporaryFolder()
  const backends = await startBackends({ dataDir: folder.dataDir, ports: 'free', log: tell }).catch((error) => {
    folder.remove()
    throw error
  })
  try {
    signal.throwIfAborted()
    const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    return await Promise.race([measureAll(backends, extent), aborted])
  } finally {
    await backends.stop()
    folder.remove()
  }
}

type Backends = Awaited<ReturnType<typeof startBackends>>

const measureAll = async ({ kafkaBrokers, postgresUrl, mongoUrl }: Backends, extent: Extent) => {
  const { seconds } = extent
  const brokers = kafkaBrokers.split(',')
  const transport = kafkaTransport({ brokers, clientId: 'bench-kit' })
  const admin = transport.admin()
  await admin.createTopics([{ topic: 'shop.payment' }])
  await admin.close()
  const publisher = transport.publisher()
  const stores: StoreFigures[] = []
  const relay: Record<string, number> = {}
  for (const open of [memorySubject, () => postgresSubject(postgresUrl), () => mongoSubject(mongoUrl)]) {
    const subject = await open()
    stores.push(...(await measureStore(subject, extent, tell)))
    tell(`${subject.name}, relay …`)
    relay[subject.name] = await measureRelay(subject, publisher, seconds)
    await subject.close()
  }
  await publisher.close()
  return { stores, relay, kafka: await measureKafka(brokers, Math.min(kafkaEventsMax, kafkaEventsPerSecond * seconds), tell) }
}

const line = (name: string, size: number | undefined, kit: number, bare?: number, ratio?: number): string => {
  const n = (value: number) => Math.round(value).toLocaleString('en').padStart(10)
  const compared = bare === undefined ? '' : `${n(bare)}${(ratio ?? kit / bare).toFixed(2).padStart(10)}`
  return `${name.padEnd(24)}${String(size ?? '').padStart(5)}${n(kit)}${compared}`
}

const text = ({ stores, relay, kafka }: Awaited<ReturnType<typeof run>>): string =>
  [
    'events/s                batch       kit      bare  kit/bare',
    ...stores.map(({ store, event, size, kit, bare, ratio }) => line(`${store}, ${event}`, size, kit, bare, ratio)),
    ...Object.entries(relay).map(([store, perSecond]) => line(`${store}, relay`, undefined, perSecond)),
    line('Kafka, produce', 500, kafka.produce, kafka.bareProduce),
    line('Kafka, consume', undefined, kafka.consume, kafka.bareConsume),
    line('encode', undefined, kafka.encode),
    line('decode', undefined, kafka.decode),
  ].join('\n')

await runCommand(kitCommand, async ({ options: { seconds, turns, out, json } }) => {
  const figures = await run({ seconds, turns }, endOnRequest(tell))
  if (out !== undefined) writeFileSync(out, `${JSON.stringify(figures, null, 2)}\n`)
  console.log(json ? JSON.stringify(figures, null, 2) : text(figures))
  return 0
})
