import { randomUUID } from 'node:crypto'
import { encode } from '@shop/messaging'
import { consume, createTopics, kafkaClient, kafkaPublisher } from '@shop/messaging/kafka'
import { CompressionTypes } from 'kafkajs'
import { answer, catalogue, incoming } from './messages.ts'

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const perRequest = 500
const waitMsMax = 60_000

/** Events a second, by the kit and by kafkajs alone. */
export interface KafkaFigures {
  readonly produce: number
  readonly bareProduce: number
  readonly consume: number
  readonly bareConsume: number
}

const perSecond = (count: number, sinceMs: number): number => (count / (performance.now() - sinceMs)) * 1_000

/** Produces and consumes `count` events each way. */
export const measureKafka = async (brokers: readonly string[], count: number): Promise<KafkaFigures> => {
  const kafka = kafkaClient({ brokers, clientId: 'bench-kit', log })
  const topic = `bench-kit-${randomUUID()}`
  await createTopics(kafka, [{ topic }])
  const records = incoming(count).map((m) => ({ ...encode(answer(m), catalogue), topic }))
  const requests = Array.from({ length: Math.ceil(count / perRequest) }, (_, i) =>
    records.slice(i * perRequest, (i + 1) * perRequest),
  )

  const publisher = kafkaPublisher({ kafka, log })
  await publisher.publish(records.slice(0, 1))
  let began = performance.now()
  for (const request of requests) await publisher.publish(request)
  const produce = perSecond(count, began)
  await publisher.close()

  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  await producer.connect()
  began = performance.now()
  for (const request of requests) {
    const topicMessages = [
      { topic, messages: request.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })) },
    ]
    await producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages })
  }
  const bareProduce = perSecond(count, began)
  await producer.disconnect()

  const total = 2 * count + 1
  const bareConsume = await timed(total, async (seen) => {
    const consumer = kafka.consumer({ groupId: `bare-${randomUUID()}`, maxWaitTimeInMs: 250 })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ partitionsConsumedConcurrently: 64, eachBatch: async ({ batch }) => seen(batch.messages.length) })
    return () => consumer.disconnect()
  })
  const consumed = await timed(total, async (seen) => {
    const subscription = consume({
      kafka: kafkaClient({ brokers, clientId: 'bench-kit', log }),
      groupId: `kit-${randomUUID()}`,
      topics: [topic],
      handle: async (chunk) => seen(chunk.length),
      log,
      onFatal: () => {},
    })
    return () => subscription.stop()
  })
  const admin = kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  await admin.disconnect()
  return { produce, bareProduce, consume: consumed, bareConsume }
}

/** From the first record to the last: joining the group is not counted. @throws when they have not come within a minute. */
const timed = async (total: number, start: (seen: (count: number) => void) => Promise<() => Promise<void>>): Promise<number> => {
  const done = Promise.withResolvers<number>()
  const tooLate = setTimeout(() => done.reject(new Error('the records have not come within a minute')), waitMsMax)
  let count = 0
  let began = 0
  const stop = await start((more) => {
    began ||= performance.now()
    count += more
    if (count >= total) done.resolve(perSecond(total, began))
  })
  return await done.promise.finally(async () => {
    clearTimeout(tooLate)
    await stop()
  })
}
