import { randomUUID } from 'node:crypto'
import type { ConsumedRecord } from '@shop/messaging/driver'
import { connect } from 'amqplib'
import { expect, onTestFinished, test } from 'vitest'
import { brokerUrl, openThroughProxy, orWhyNot } from './testing/broker.ts'

test.skipIf(brokerUrl === '')(
  `what other programs publish comes to the groups and the readers, with one position and its routing key as its key${orWhyNot}`,
  async () => {
    const topic = `foreign.${randomUUID()}`
    const { transport, proxy } = await openThroughProxy()
    const admin = transport.admin()
    await admin.createTopics([{ topic, partitions: 3 }])
    await admin.createGroups([{ groupId: 'g', topics: [topic] }])

    const other = await connect(brokerUrl)
    const channel = await other.createConfirmChannel()
    for (const [key, text] of [
      ['order-1', 'a'],
      ['', 'b'],
      ['order-1', 'c'],
    ] as const)
      channel.publish(topic, key, Buffer.from(text), { headers: { trace: 't', count: 3 }, timestamp: 1_700_000_000 })
    await channel.waitForConfirms()
    await other.close()

    const handled: ConsumedRecord[] = []
    const handle = async (records: readonly ConsumedRecord[]) => void handled.push(...records)
    const subscription = transport.subscribe({ groupId: 'g', topics: [topic], handle, onFatal: () => {} })
    onTestFinished(async () => {
      await subscription.stop()
      await admin.close()
      await proxy.close()
    })
    await expect.poll(() => handled.length, { timeout: 20_000 }).toBe(3)
    expect(handled.map(({ key, value, headers }) => [key, String(value), headers])).toEqual([
      ['order-1', 'a', { trace: 't' }],
      [null, 'b', { trace: 't' }],
      ['order-1', 'c', { trace: 't' }],
    ])
    expect(handled.map(({ timestampMs }) => timestampMs)).toEqual([1, 1, 1].map(() => 1_700_000_000_000))

    const read: ConsumedRecord[] = []
    await transport.read({ topics: [topic], until: 'end', onRecords: (records) => void read.push(...records) }).ended
    expect(read).toEqual(handled)
    expect(new Set(read.map(({ position }) => position)).size).toBe(3)
  },
)
