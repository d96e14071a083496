/** Gives odd records to the broker as producers of any kind do. */
import { randomUUID } from 'node:crypto'
import { kafkaPosition, kafkaTransport } from '@shop/transport-kafka'
import kafkajs, { type Message, type Producer } from 'kafkajs'
import { describeRecord, type OddRecord, type TrueRecord } from './odd-record.ts'

/** A broker takes 1 MiB per partition in a request by default; what has no compression has to stay below. */
const batchBytesMax = 400_000
const requestTimeoutMs = 30_000

export interface Sender {
  /** @returns those that the broker did not take, each with its reason */
  send(records: readonly OddRecord[]): Promise<readonly string[]>
  /** The events that the topics have, of these orders. */
  eventsOf(topics: readonly string[], orderIds: ReadonlySet<string>): Promise<readonly TrueRecord[]>
  close(): Promise<void>
}

const sizeOf = ({ key, value, headers }: OddRecord): number =>
  Buffer.byteLength(key ?? '') +
  Buffer.byteLength(value ?? '') +
  Object.entries(headers).reduce(
    (sum, [name, content]) => sum + name.length + [content].flat().reduce((all, c) => all + Buffer.byteLength(c) + 8, 0),
    0,
  )

/** Records that can go in one request: of one compression, in no transaction, of now, and small together. */
const batchesOf = (records: readonly OddRecord[]): OddRecord[][] => {
  const batches: OddRecord[][] = []
  const open = new Map<number, { batch: OddRecord[]; bytes: number }>()
  for (const record of records) {
    const size = sizeOf(record)
    const isAlone = record.transaction !== undefined || record.timestampMs !== undefined || size > batchBytesMax
    const last = open.get(record.compression)
    if (isAlone) batches.push([record])
    else if (last !== undefined && last.bytes + size <= batchBytesMax) {
      last.batch.push(record)
      last.bytes += size
    } else {
      const batch = [record]
      batches.push(batch)
      open.set(record.compression, { batch, bytes: size })
    }
  }
  return batches
}

const isIn = ({ transaction }: OddRecord): boolean => transaction !== undefined

const messageOf = ({ key, value, headers, partition, timestampMs }: OddRecord): Message => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: headers as NonNullable<Message['headers']>,
  partition,
  ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
})

const topicMessages = (records: readonly OddRecord[]) =>
  [...Map.groupBy(records, (r) => r.topic)].map(([topic, ofTopic]) => ({ topic, messages: ofTopic.map(messageOf) }))

const sendIn = async (transactional: Producer, record: OddRecord): Promise<void> => {
  const transaction = await transactional.transaction()
  try {
    await transaction.sendBatch({ topicMessages: topicMessages([record]), compression: record.compression })
  } catch (error) {
    await transaction.abort()
    throw error
  }
  await (record.transaction === 'aborted' ? transaction.abort() : transaction.commit())
}

export const openSender = async (brokers: readonly string[]): Promise<Sender> => {
  const transport = kafkaTransport({ brokers, clientId: 'odd-records' })
  await transport.admin().close() // it is what brings kafkajs all compressions
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'odd-records',
    logLevel: 0,
    requestTimeout: requestTimeoutMs,
  })
  const retry = { retries: 3 }
  const producer = kafka.producer({ retry })
  const transactional = kafka.producer({
    retry,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionalId: `odd-${randomUUID()}`,
  })
  await Promise.all([producer.connect(), transactional.connect()])

  const sendBatch = async (batch: readonly OddRecord[]): Promise<readonly string[]> => {
    const [first] = batch
    if (first === undefined) return []
    try {
      if (first.transaction !== undefined) await sendIn(transactional, first)
      else await producer.sendBatch({ topicMessages: topicMessages(batch), compression: first.compression })
      return []
    } catch (error) {
      if (batch.length === 1) return [`${(error as Error).message}: ${JSON.stringify(describeRecord(first))}`]
      const refused: string[] = []
      for (const record of batch) refused.push(...(await sendBatch([record])))
      return refused
    }
  }

  const oneByOne = async (batches: readonly OddRecord[][]): Promise<readonly string[]> => {
    const refused: string[] = []
    for (const batch of batches) refused.push(...(await sendBatch(batch)))
    return refused
  }

  return {
    send: async (records) => {
      const [inTransactions, others] = [batchesOf(records.filter(isIn)), batchesOf(records.filter((r) => !isIn(r)))]
      const refused = await Promise.all([oneByOne(inTransactions), oneByOne(others)])
      return refused.flat()
    },
    eventsOf: async (topics, orderIds) => {
      const found: TrueRecord[] = []
      await transport.read({
        topics,
        until: 'end',
        onRecords: (records) => {
          for (const { topic, position, key, value, headers } of records)
            if (key !== null && value !== null && orderIds.has(key))
              found.push({ topic, key, headers, value: value.toString(), partition: kafkaPosition(position).partition })
        },
      }).ended
      return found
    },
    close: async () => void (await Promise.all([producer.disconnect(), transactional.disconnect()])),
  }
}
