import { randomUUID } from 'node:crypto'
import { decode, encode, type Transport } from '@shop/messaging'
import { kafkaClient, kafkaTransport } from '@shop/transport-kafka'
import { CompressionTypes, type Kafka } from 'kafkajs'
import { answer, catalogue, consumer, incoming } from './messages.ts'
import { median, type Tell } from './turns.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const perRequest = 500
const waitMsMax = 60_000
const turns = 3

/** Events a second, by the kit and by kafkajs alone. */
export interface KafkaFigures {
  readonly produce: number
  readonly bareProduce: number
  readonly consume: number
  readonly bareConsume: number
  /** From a message to a record and back, without a broker: a consumer decodes what it reads. */
  readonly encode: number
  readonly decode: number
}

type Requests = readonly (readonly ReturnType<typeof encode>[])[]

const perSecond = (count: number, sinceMs: number): number => (count / (performance.now() - sinceMs)) * 1_000

const produceByKit = async (transport: Transport, requests: Requests): Promise<number> => {
  const publisher = transport.publisher()
  try {
    await publisher.publish(requests[0]?.slice(0, 1) ?? []) // connects
    const began = performance.now()
    for (const request of requests) await publisher.publish(request)
    return perSecond(requests.flat().length, began)
  } finally {
    await publisher.close()
  }
}

const produceBare = async (kafka: Kafka, requests: Requests): Promise<number> => {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  const send = (request: Requests[number]) => {
    const messages = request.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } }))
    const topicMessages = [{ topic: request[0]?.topic ?? '', messages }]
    return producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages })
  }
  await producer.connect()
  try {
    await send(requests[0]?.slice(0, 1) ?? [])
    const began = performance.now()
    for (const request of requests) await send(request)
    return perSecond(requests.flat().length, began)
  } finally {
    await producer.disconnect()
  }
}

/** From the first chunk to the last record: joining the group is not counted. @throws when they have not come within a minute. */
const timed = async (total: number, start: (seen: (count: number) => void) => Promise<() => Promise<void>>): Promise<number> => {
  const done = Promise.withResolvers<number>()
  const tooLate = setTimeout(() => done.reject(new Error('the records have not come within a minute')), waitMsMax)
  let count = 0
  let inFirst = 0
  let began = 0
  const stop = await start((more) => {
    count += more
    if (began === 0) [began, inFirst] = [performance.now(), more]
    if (count >= total) done.resolve(perSecond(count - inFirst, began))
  })
  return await done.promise.finally(async () => {
    clearTimeout(tooLate)
    await stop()
  })
}

const consumeByKit = (transport: Transport, topic: string, total: number): Promise<number> =>
  timed(total, async (seen) => {
    const subscription = transport.subscribe({
      groupId: `kit-${randomUUID()}`,
      topics: [topic],
      handle: async (chunk) => seen(chunk.length),
      onFatal: () => {},
    })
    return () => subscription.stop()
  })

const consumeBare = (kafka: Kafka, topic: string, total: number): Promise<number> =>
  timed(total, async (seen) => {
    const consumer = kafka.consumer({ groupId: `bare-${randomUUID()}`, maxWaitTimeInMs: 250 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ partitionsConsumedConcurrently: 64, eachBatch: async ({ batch }) => seen(batch.messages.length) })
    return () => consumer.disconnect()
  })

const codec = (count: number): { encode: number; decode: number } => {
  const messages = incoming(count).map(answer)
  let began = performance.now()
  const encoded = messages.map((m) => encode(m, catalogue))
  const encodedPerSecond = perSecond(count, began)
  // as they come from the broker
  const records = encoded.map((record) => ({ ...record, value: Buffer.from(record.value ?? '') }))
  for (const record of records) decode(record, consumer) // warms up: the compiler is slower than the work
  began = performance.now()
  const kinds = records.map((record) => decode(record, consumer).kind)
  const decodedPerSecond = perSecond(count, began)
  if (!kinds.every((kind) => kind === 'message')) throw new Error('not every record could be decoded')
  return { encode: encodedPerSecond, decode: decodedPerSecond }
}

/** Produces and consumes `count` events each way, kit and bare by turns. */
export const measureKafka = async (brokers: readonly string[], count: number, tell: Tell): Promise<KafkaFigures> => {
  const transport = kafkaTransport({ brokers, clientId: 'bench-kit' })
  const kafka = kafkaClient({ brokers, clientId: 'bench-kit', log })
  const admin = transport.admin()
  const topic = `bench-kit-${randomUUID()}`
  await admin.createTopics([{ topic }])
  const records = incoming(count).map((m) => ({ ...encode(answer(m), catalogue), topic }))
  const requests = Array.from({ length: Math.ceil(count / perRequest) }, (_, i) =>
    records.slice(i * perRequest, (i + 1) * perRequest),
  )
  const figures: KafkaFigures[] = []
  for (let turn = 0; turn < turns; turn++) {
    tell(`Kafka, turn ${turn + 1} of ${turns} …`)
    const produce = await produceByKit(transport, requests)
    const bareProduce = await produceBare(kafka, requests)
    const total = (turn + 1) * 2 * (count + 1)
    const consumed = await consumeByKit(transport, topic, total)
    const bareConsume = await consumeBare(kafka, topic, total)
    figures.push({ produce, bareProduce, consume: consumed, bareConsume, ...codec(count) })
  }
  await admin.deleteTopics([topic])
  await admin.close()
  const of = (name: keyof KafkaFigures) => median(figures.map((f) => f[name]))
  return {
    ...{ produce: of('produce'), bareProduce: of('bareProduce'), consume: of('consume'), bareConsume: of('bareConsume') },
    ...{ encode: of('encode'), decode: of('decode') },
  }
}
