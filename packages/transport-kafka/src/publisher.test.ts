import { cuttingProxy, type Direction } from '@shop/messaging/conformance'
import type { OutgoingRecord } from '@shop/messaging/driver'
import { Overloaded, Unsendable } from '@shop/messaging/driver'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kafkaPublisher } from './publisher.ts'
import { brokers, client, keptLog, newTopic, until } from './testing/broker.ts'
import { firstOccurrences, readAll, record, testPublisher } from './testing/reading.ts'

const proxyOfBroker = async () => {
  const proxy = await cuttingProxy(brokers()[0] ?? '')
  onTestFinished(() => proxy.close())
  return proxy
}
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('kafkaPublisher', () => {
  it('publishes thousands of small concurrent calls, in order per key', { timeout: 60_000 }, async () => {
    const topic = await newTopic()
    const publisher = testPublisher()
    await Promise.all(numbers(5_000).map((n) => publisher.publish([record(topic, `k${n % 50}`, String(n))])))
    const read = await readAll(topic)
    expect(read).toHaveLength(5_000)
    for (const [key, values] of firstOccurrences(read)) {
      expect(values).toEqual(
        numbers(5_000)
          .filter((n) => `k${n % 50}` === key)
          .map(String),
      )
    }
  })

  it('splits what is too large for one request, and refuses a record that no request can hold', { timeout: 30_000 }, async () => {
    const topic = await newTopic(1)
    const publisher = testPublisher()
    const large = (n: number) => record(topic, 'k', `${n}`.padEnd(300_000, '.'))
    await publisher.publish(numbers(10).map(large))
    await expect(publisher.publish([record(topic, 'k', '.'.repeat(1_900_001))])).rejects.toBeInstanceOf(Unsendable)
    const read = await readAll(topic)
    expect(read.map(({ value }) => Number.parseInt(String(value), 10))).toEqual(numbers(10))
  })

  it('refuses calls beyond its bound', { timeout: 30_000 }, async () => {
    const topic = await newTopic(1)
    const publisher = kafkaPublisher({ kafka: client(), log: keptLog(), recordsPerRequestMax: 2, recordsQueuedMax: 4 })
    onTestFinished(() => publisher.close())
    const calls = await Promise.allSettled(numbers(6).map((n) => publisher.publish([record(topic, 'k', String(n))])))
    expect(calls.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), ...Array(2).fill('rejected')])
    expect(calls[5]).toMatchObject({ reason: expect.any(Overloaded) })
  })

  it('rejects for a topic that does not exist, does not create it, and goes on', { timeout: 60_000 }, async () => {
    const topic = await newTopic(1)
    const publisher = testPublisher()
    await expect(publisher.publish([record(`${topic}.missing`, 'k', 'v')])).rejects.toThrow()
    await publisher.publish([record(topic, 'k', 'v')])
    expect(await readAll(topic)).toHaveLength(1)
    const admin = client().admin()
    await admin.connect()
    expect(await admin.listTopics()).not.toContain(`${topic}.missing`)
    await admin.disconnect()
  })

  it('loses nothing that was acknowledged while connections break, and keeps the order per key', {
    timeout: 120_000,
  }, async () => {
    const topic = await newTopic(3)
    const proxy = await proxyOfBroker()
    const log = keptLog()
    const publisher = testPublisher(log, client(log, proxy.route))
    const keys = numbers(10).map((k) => `k${k}`)

    // As a relay does: the oldest records until they are acknowledged. A bystander publishes beside it and does not try again.
    const acknowledged: string[] = []
    const bystanders: Promise<void>[] = []
    let rejections = 0
    for (let round = 0; round < 100; round++) {
      const batch: OutgoingRecord[] = numbers(30).map((i) => record(topic, keys[i % 10] ?? '', String(round * 30 + i)))
      const direction: Direction = round % 2 === 0 ? 'request' : 'response'
      if (round % 4 < 2) proxy.cutAtNext(direction)
      const aside = `aside-${round}`
      bystanders.push(
        publisher.publish([record(topic, 'aside', aside)]).then(
          () => void acknowledged.push(aside),
          () => {},
        ),
      )
      for (;;) {
        const done = await publisher.publish(batch).then(
          () => true,
          () => false,
        )
        if (done) break
        rejections++
        if (rejections > 500) throw new Error('the publisher does not recover')
      }
    }
    await Promise.all(bystanders)

    expect(proxy.cuts()).toBeGreaterThanOrEqual(50)
    const read = firstOccurrences(await readAll(topic))
    for (const [k, key] of keys.entries()) {
      expect(read.get(key)).toEqual(numbers(300).map((n) => String(n * 10 + k)))
    }
    const aside = new Set(read.get('aside'))
    expect(acknowledged.filter((value) => !aside.has(value))).toEqual([])
  })

  it('never uses the sequence numbers of a failed request again, which the broker would take for a repetition', {
    timeout: 60_000,
  }, async () => {
    const topic = await newTopic(1)
    const proxy = await proxyOfBroker()
    const publisher = testPublisher(keptLog(), client(keptLog(), proxy.route))
    await publisher.publish([record(topic, 'k', 'before')])

    // Stored, but its answer is lost, and so are all of kafkajs' own repetitions.
    proxy.cutAtNext('response', true)
    await expect(publisher.publish([record(topic, 'k', 'stored')])).rejects.toThrow()
    proxy.away(false)
    await publisher.publish([record(topic, 'k', 'another')])
    expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(['before', 'stored', 'another'])
  })

  it('sends again by another producer: a second attempt of the same one can lose what other brokers lead', {
    timeout: 60_000,
  }, async () => {
    const topic = await newTopic(1)
    const proxy = await proxyOfBroker()
    const log = keptLog()
    const publisher = testPublisher(log, client(log, proxy.route))
    await publisher.publish([record(topic, 'k', 'before')])

    proxy.cutAtNext('request')
    await publisher.publish([record(topic, 'k', 'cut off')])
    expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(['before', 'cut off'])
    expect(log.lines.filter(({ message }) => message.includes('the producer is given up'))).toHaveLength(1)
  })

  it('rejects in bounded time while the broker is away, says so, and connects again by itself', { timeout: 60_000 }, async () => {
    const topic = await newTopic(1)
    const proxy = await proxyOfBroker()
    const log = keptLog()
    const publisher = kafkaPublisher({ kafka: client(log, proxy.route), log, publishMsMax: 3_000 })
    onTestFinished(() => publisher.close())
    await publisher.publish([record(topic, 'k', 'before')])
    expect(publisher.ready()).toBe(true)

    proxy.away(true)
    const startedAt = Date.now()
    const calls = await Promise.allSettled(numbers(20).map((n) => publisher.publish([record(topic, 'k', `during-${n}`)])))
    expect(calls.every(({ status }) => status === 'rejected')).toBe(true)
    expect(Date.now() - startedAt).toBeLessThan(10_000)
    await until('it says that it is not connected', 5_000, () => !publisher.ready())

    proxy.away(false)
    await until('it is connected again without being asked', 10_000, publisher.ready)
    await publisher.publish([record(topic, 'k', 'after')])
    expect((await readAll(topic)).map(({ value }) => String(value))).toEqual(expect.arrayContaining(['before', 'after']))
  })

  it('notices an idle connection that broke, and starts without a broker', { timeout: 60_000 }, async () => {
    const topic = await newTopic(1)
    const proxy = await proxyOfBroker()
    proxy.away(true)
    const log = keptLog()
    const publisher = kafkaPublisher({ kafka: client(log, proxy.route), log, publishMsMax: 2_000 })
    onTestFinished(() => publisher.close())
    await until('it tries to connect', 10_000, () =>
      log.lines.some(({ message }) => message.includes('no producer, trying again')),
    )
    expect(publisher.ready()).toBe(false)
    proxy.away(false)
    await until('it is connected', 15_000, publisher.ready)
    proxy.away(true)
    await until('it has noticed the break', 15_000, () => !publisher.ready())
    const startedAt = Date.now()
    await expect(publisher.publish([record(topic, 'k', 'v')])).rejects.toThrow()
    expect(Date.now() - startedAt).toBeLessThan(4_000)
    proxy.away(false)
    await until('it is connected again', 15_000, publisher.ready)
    await publisher.publish([record(topic, 'k', 'v')])
  })

  it('closes after what is under way, and then refuses', { timeout: 30_000 }, async () => {
    const topic = await newTopic(1)
    const publisher = testPublisher()
    const publishing = publisher.publish([record(topic, 'k', 'v')])
    await publisher.close()
    await publishing
    await expect(publisher.publish([record(topic, 'k', 'v')])).rejects.toThrow('closed')
    expect(publisher.ready()).toBe(false)
  })
})
