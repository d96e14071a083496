import { once } from 'node:events'
import { connect } from 'node:net'
import { Abandoned, type Assignment, type ConsumedRecord } from '@shop/messaging/driver'
import { describe, expect, it } from 'vitest'
import { kafkaPosition } from './position.ts'
import { brokers, keptLog, newName, newTopic, until } from './testing/broker.ts'
import { filledTopic, record, testConsumer, testPublisher } from './testing/reading.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
const values = (records: readonly ConsumedRecord[]) => records.map(({ value }) => String(value))
const distinct = (records: readonly ConsumedRecord[]) => new Set(values(records)).size

describe('consume, as a member of its group', () => {
  it('tells the handler when it has to give up: by a rebalance and by the stop', { timeout: 60_000 }, async () => {
    const topic = await filledTopic(20)
    const groupId = newName('group')
    const assignments: Assignment[] = []
    const read: ConsumedRecord[] = []
    const outage = { lasts: true }
    // A database that is away: the handler waits as long as it may.
    const handle = async (records: readonly ConsumedRecord[], assignment: Assignment) => {
      assignments.push(assignment)
      while (outage.lasts) {
        if (assignment.abandoned()) throw new Abandoned('no longer ours')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      read.push(...records)
    }
    testConsumer({ topics: [topic], groupId, handle })
    await until('it waits for its database', 10_000, () => assignments.length === 1)
    const second = testConsumer({ topics: [topic], groupId, handle })
    await until('the first one gave up', 10_000, () => assignments[0]?.abandoned() === true)
    await until('both wait, each for its own partitions', 20_000, () => assignments.length === 3 && second.joined())
    const stoppedAt = Date.now()
    await second.stop()
    expect(Date.now() - stoppedAt).toBeLessThan(3_000)
    outage.lasts = false
    await until('all is handled', 20_000, () => distinct(read) === 20)
  })

  it('leaves the group at once when it is stopped, so that its partitions are consumed by another', {
    timeout: 60_000,
  }, async () => {
    const topic = await newTopic()
    const groupId = newName('group')
    const publisher = testPublisher()
    const first = testConsumer({ topics: [topic], groupId, handle: async () => {} })
    await until('the first one has joined', 10_000, first.joined)
    const stoppedAt = Date.now()
    await first.stop()
    expect(first.joined()).toBe(false)
    const read: ConsumedRecord[] = []
    const next = testConsumer({ topics: [topic], groupId, handle: async (records) => void read.push(...records) })
    await publisher.publish(numbers(60).map((n) => record(topic, `k${n}`, String(n))))
    await until('the next one handles all', 10_000, () => read.length >= 60)
    expect(Date.now() - stoppedAt).toBeLessThan(4_000) // well below the session timeout
    expect(next.joined()).toBe(true)
  })

  it('shares the partitions among three, and takes over what one of them leaves', { timeout: 90_000 }, async () => {
    const topic = await newTopic()
    const groupId = newName('group')
    const publisher = testPublisher()
    const read: ConsumedRecord[] = []
    const by = numbers(3).map(() => new Set<number>())
    const members = numbers(3).map((member) =>
      testConsumer({
        topics: [topic],
        groupId,
        handle: async (records) => {
          for (const { position } of records) by[member]?.add(kafkaPosition(position).partition)
          read.push(...records)
        },
      }),
    )
    const publish = (from: number) => publisher.publish(numbers(120).map((n) => record(topic, `k${n}`, String(from + n))))
    await until('all have joined', 20_000, () => members.every((member) => member.joined()))
    let from = 0
    await until('each handles two partitions', 40_000, async () => {
      for (const partitions of by) partitions.clear()
      await publish(from)
      from += 120
      await until('what was published is handled', 20_000, () => distinct(read) === from)
      return by.every(({ size }) => size === 2)
    })
    await members[2]?.stop()
    await publish(from)
    await until('the other two handle all', 15_000, () => distinct(read) === from + 120)
  })
})

const int16 = (value: number) => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const text = (value: string) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)])

/** Takes a member out of its group without its knowing (LeaveGroup, version 0, https://kafka.apache.org/protocol). */
const takeOut = async (groupId: string, memberId: string): Promise<void> => {
  const [host = '', port] = (brokers()[0] ?? '').split(':')
  const socket = connect(Number(port), host)
  const request = Buffer.concat([int16(13), int16(0), int32(1), text('test'), text(groupId), text(memberId)])
  socket.write(Buffer.concat([int32(request.length), request]))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  expect(answer.readInt16BE(8)).toBe(0)
}

it('joins again when a commit says that it is no member, and is not in its group until then', { timeout: 60_000 }, async () => {
  const topic = await newTopic(1)
  const groupId = newName('group')
  const log = keptLog()
  const read: ConsumedRecord[] = []
  const consumer = testConsumer({
    topics: [topic],
    groupId,
    log,
    heartbeatIntervalMs: 30_000, // so that it is the commit that hears of it
    sessionTimeoutMs: 60_000,
    handle: async (records) => void read.push(...records),
  })
  const memberIds = () =>
    log.lines.flatMap(({ details }) => ('memberId' in details && 'partitions' in details ? details.memberId : []))
  await until('it has joined', 20_000, consumer.joined)
  await takeOut(groupId, String(memberIds()[0]))
  const publisher = testPublisher()
  const takenOutAt = performance.now()
  await publisher.publish([record(topic, 'k', 'first')])
  await until('it is not in its group', 5_000, () => !consumer.joined())
  await publisher.publish([record(topic, 'k', 'second')])
  await until('it is in its group again', 10_000, consumer.joined)
  await until('all is handled', 5_000, () => distinct(read) === 2)
  expect(new Set(memberIds()).size).toBe(2)
  expect(performance.now() - takenOutAt).toBeLessThan(20_000)
})
