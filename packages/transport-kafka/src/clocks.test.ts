import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Admin } from 'kafkajs'
import { expect, it, onTestFinished } from 'vitest'
import { client, newName, newTopic, until } from './testing/broker.ts'
import { record, testPublisher } from './testing/reading.ts'

const script = fileURLToPath(new URL('testing/consumer-process.ts', import.meta.url))
const clock = fileURLToPath(new URL('testing/steppable-clock.ts', import.meta.url))

const startProcess = (groupId: string, topic: string) => {
  const child = fork(script, [groupId, topic], {
    execArgv: ['--import', clock],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(line))
  return {
    lines,
    handled: () => lines.filter((line) => line.startsWith('handled')),
    setClock: (clockOffsetMs: number) => void child.send({ clockOffsetMs }),
    clockIsSet: () => lines.some((line) => line.startsWith('clock')),
    joins: () => lines.filter((line) => line === 'joined').length,
  }
}

const connectedAdmin = async (): Promise<Admin> => {
  const admin = client().admin()
  await admin.connect()
  onTestFinished(() => admin.disconnect())
  return admin
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
const sessionTimeoutMs = 6_000

/** The behaviour of one group of two whose clocks are set, for longer than its members may be silent. */
it.each([-600_000, 600_000])(
  'keeps its place in the group and commits while the wall clock is set by %i ms',
  {
    timeout: 90_000,
  },
  async (clockOffsetMs) => {
    const topic = await newTopic(4)
    const groupId = newName('group')
    const admin = await connectedAdmin()
    const publisher = testPublisher()
    const members = [startProcess(groupId, topic), startProcess(groupId, topic)]
    let published = 0
    const publish = async () => {
      await publisher.publish(numbers(40).map((n) => record(topic, `k${n}`, String(published + n))))
      published += 40
    }
    await until('both consume', 40_000, async () => {
      await publish()
      return members.every((member) => member.handled().length > 0)
    })
    await until('all is handled', 10_000, () => members.flatMap((member) => member.handled()).length >= published)

    const joinsBefore = members.map((member) => member.joins())
    for (const member of members) member.setClock(clockOffsetMs)
    await until('the clocks are set', 5_000, () => members.every((member) => member.clockIsSet()))
    const setAt = performance.now()
    const seen = members.map((member) => member.handled().length)
    while (performance.now() - setAt < sessionTimeoutMs + 3_000) {
      const { groups } = await admin.describeGroups([groupId])
      expect(groups[0]?.members).toHaveLength(2)
      await publish()
      await pause(500)
    }
    await until('what came since is handled', 5_000, () => members.flatMap((m) => m.handled()).length >= published)
    expect(members.map((member) => member.joins())).toEqual(joinsBefore)
    const since = members.map((member, n) => member.handled().slice(seen[n]))
    expect(since.every((lines) => lines.length > 0)).toBe(true)
    expect(new Set(since.flat()).size).toBe(since.flat().length) // no partition had two readers
    await until('all is committed', 3_000, async () => {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
      return offsets?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) === published
    })
  },
)

it('reads and writes new partitions within 15 s', { timeout: 60_000 }, async () => {
  const topic = await newTopic(2)
  const groupId = newName('group')
  const admin = await connectedAdmin()
  const publisher = testPublisher()
  const members = [startProcess(groupId, topic), startProcess(groupId, topic)]
  let published = 0
  const publish = async () => {
    await publisher.publish(numbers(60).map((n) => record(topic, `k${n}`, String(published + n))))
    published += 60
  }
  await until('both consume', 40_000, async () => {
    await publish()
    return members.every((member) => member.handled().length > 0)
  })
  await admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] })
  const createdAt = performance.now()
  await until('records are on all six', 15_000, async () => {
    await publish()
    await pause(250)
    const offsets = await admin.fetchTopicOffsets(topic)
    return offsets.length === 6 && offsets.every(({ high }) => Number(high) > 0)
  })
  const leftMs = 15_000 - (performance.now() - createdAt)
  await until('all of them are handled', leftMs, () => new Set(members.flatMap((m) => m.handled())).size === published)
})
