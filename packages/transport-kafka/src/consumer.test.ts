import { cuttingProxy } from '@shop/messaging/conformance'
import type { ConsumedRecord } from '@shop/messaging/driver'
import { AssignerProtocol } from 'kafkajs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kafkaPosition } from './position.ts'
import { brokers, client, keptLog, newName, newTopic, until } from './testing/broker.ts'
import { filledTopic, record, testConsumer, testPublisher } from './testing/reading.ts'
import { createTopics } from './topics.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
const values = (records: readonly ConsumedRecord[]) => records.map(({ value }) => String(value))
const partitionOf = ({ topic, position }: ConsumedRecord) => `${topic}/${kafkaPosition(position).partition}`
const distinct = (records: readonly ConsumedRecord[]) => new Set(values(records)).size

describe('consume', () => {
  it('gathers the partitions of a fetch into few calls, one at a time, each partition in order', {
    timeout: 60_000,
  }, async () => {
    const [first, second] = [await filledTopic(1_500), await filledTopic(1_500)]
    const read: ConsumedRecord[] = []
    const calls: { readonly size: number; readonly partitions: number }[] = []
    let underWay = 0
    testConsumer({
      topics: [first, second],
      handle: async (records) => {
        expect(++underWay).toBe(1)
        await Promise.resolve()
        calls.push({ size: records.length, partitions: new Set(records.map(partitionOf)).size })
        read.push(...records)
        underWay--
      },
    })
    await until('all is handled', 20_000, () => read.length >= 3_000)
    expect(read).toHaveLength(3_000)
    expect(Math.max(...calls.map(({ size }) => size))).toBeLessThanOrEqual(200)
    expect(calls.length).toBeLessThan(60)
    expect(Math.max(...calls.map(({ partitions }) => partitions))).toBeGreaterThan(6)
    for (const ofPartition of Map.groupBy(read, partitionOf).values()) {
      const offsets = ofPartition.map(({ position }) => Number(kafkaPosition(position).offset))
      expect(offsets).toEqual(numbers(ofPartition.length))
    }
  })

  it('survives that its broker is away, and starts before its broker and its topic', { timeout: 90_000 }, async () => {
    const proxy = await cuttingProxy(brokers()[0] ?? '')
    onTestFinished(() => proxy.close())
    proxy.away(true)
    const topic = newName('topic')
    const log = keptLog()
    const read: ConsumedRecord[] = []
    const subscription = testConsumer({
      kafka: client(log, proxy.route),
      topics: [topic],
      log,
      handle: async (records) => void read.push(...records),
    })
    await until('it begins again', 20_000, () => log.lines.some(({ message }) => message.includes('making a new one')))
    proxy.away(false)
    await createTopics(client(), [{ topic }])
    const publisher = testPublisher()
    await publisher.publish([record(topic, 'k', 'first')])
    await until('the first record is handled', 30_000, () => distinct(read) === 1)

    proxy.away(true)
    await publisher.publish([record(topic, 'k', 'second')])
    await until('it says that it is not in its group', 15_000, () => !subscription.joined())
    proxy.away(false)
    await until('the second record is handled', 30_000, () => distinct(read) === 2)
    expect(subscription.joined()).toBe(true)
    expect(log.lines.filter(({ message }) => message === 'fatal')).toEqual([])
  })

  it('ends when it can never join, and says so once', { timeout: 90_000 }, async () => {
    const topic = await newTopic(1)
    const groupId = newName('group')
    // A member that speaks another protocol: the broker refuses ours for good.
    const other = client().consumer({
      groupId,
      partitionAssigners: [
        () => ({
          name: 'Other',
          version: 0,
          assign: async () => [],
          protocol: ({ topics }) => ({
            name: 'Other',
            metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
          }),
        }),
      ],
    })
    onTestFinished(() => other.disconnect())
    await other.connect()
    await other.subscribe({ topics: [topic] })
    await other.run({ eachBatch: async () => {} })

    const fatal: Error[] = []
    testConsumer({
      topics: [topic],
      groupId,
      handle: async () => {},
      restartDelayMsMax: 100,
      onFatal: (error) => fatal.push(error),
    })
    await until('it gives up', 30_000, () => fatal.length > 0)
    expect(fatal).toHaveLength(1)
    expect(fatal[0]?.message).toMatch(/protocol/i)
  })
})
