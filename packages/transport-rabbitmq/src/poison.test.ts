import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Abandoned, type Assignment, type ConsumedRecord } from '@shop/messaging/driver'
import { expect, onTestFinished, test } from 'vitest'
import { brokerUrl, openThroughProxy, orWhyNot } from './testing/broker.ts'

const deliveryLimit = 15

/** A handler that ends its process at one record, as the broker sees it: the connection is gone, and another one comes. */
const consumeWithPoison = async (topic: string, prefetch: number) => {
  const { transport, proxy } = await openThroughProxy()
  const handled: ConsumedRecord[] = []
  let crashes = 0
  const handle = async (records: readonly ConsumedRecord[], { abandoned }: Assignment) => {
    if (records.some(({ value, unreadable }) => String(value) === 'poison' && unreadable === undefined)) {
      crashes++
      proxy.away(true)
      proxy.away(false)
      while (!abandoned()) await pause(5)
      throw new Abandoned('crashed')
    }
    handled.push(...records)
  }
  const subscription = transport.subscribe({
    groupId: 'poisoned',
    topics: [topic],
    handle,
    onFatal: () => {},
    deliveryLimit,
    prefetch,
    restartDelayMsMax: 100,
  })
  onTestFinished(async () => {
    await subscription.stop()
    await proxy.close()
  })
  return { handled, crashes: () => crashes, lag: () => subscription.lag() }
}

test.skipIf(brokerUrl === '')(
  `a record that ends its consumer again and again is set aside by the broker, and no other one with it${orWhyNot}`,
  { timeout: 120_000 },
  async () => {
    const topic = `poison.${randomUUID()}`
    const { transport, proxy } = await openThroughProxy()
    const [admin, publisher] = [transport.admin(), transport.publisher()]
    onTestFinished(async () => {
      await publisher.close()
      await admin.close()
      await proxy.close()
    })
    await admin.createTopics([{ topic, partitions: 2 }])
    await admin.createGroups([{ groupId: 'poisoned', topics: [topic] }], { deliveryLimit })
    const values = ['first', 'poison', ...Array.from({ length: 40 }, (_, i) => `v${i}`)]
    await publisher.publish(values.map((value, i) => ({ topic, key: `k${i % 5}`, value, headers: {} })))

    const { handled, crashes, lag } = await consumeWithPoison(topic, 50)
    const seen = () => new Set(handled.map(({ value }) => String(value)))
    await expect.poll(() => seen().size, { timeout: 80_000 }).toBe(values.length)
    const dead = handled.filter(({ unreadable }) => unreadable !== undefined)
    expect(dead.map(({ value, key, topic }) => [String(value), key, topic])).toEqual([['poison', 'k1', topic]])
    expect(dead[0]?.unreadable).toMatch(/delivered again and again and never handled/)
    expect(crashes()).toBeLessThanOrEqual(deliveryLimit + 1)
    await expect.poll(async () => (await lag())[topic], { timeout: 10_000 }).toBe(0)
  },
)
