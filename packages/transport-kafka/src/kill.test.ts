import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { newName, newTopic, until } from './testing/broker.ts'
import { record, testConsumer, testPublisher } from './testing/reading.ts'

const script = fileURLToPath(new URL('testing/consumer-process.ts', import.meta.url))

const startProcess = (groupId: string, topic: string) => {
  const child: ChildProcess = spawn(process.execPath, [script, groupId, topic], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  if (child.stdout) createInterface(child.stdout).on('line', (line) => lines.push(line))
  return { child, lines, handledCount: () => lines.filter((line) => line.startsWith('handled')).length }
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

it('has another member consume what one that was killed held, within its session timeout and a little', {
  timeout: 90_000,
}, async () => {
  const topic = await newTopic()
  const groupId = newName('group')
  const publisher = testPublisher()
  const handled = new Set<string>()
  testConsumer({
    topics: [topic],
    groupId,
    handle: async (records) => {
      for (const { position } of records) handled.add(`handled ${position}`)
    },
  })
  const killed = startProcess(groupId, topic)
  let published = 0
  const publish = async () => {
    await publisher.publish(numbers(60).map((n) => record(topic, `k${n}`, String(published + n))))
    published += 60
  }
  await until('both consume', 30_000, async () => {
    await publish()
    return killed.handledCount() > 0
  })
  killed.child.kill('SIGKILL')
  const killedAt = Date.now()
  await publish()
  await until(
    'everything is handled',
    20_000,
    () => new Set([...handled, ...killed.lines.filter((l) => l !== 'joined')]).size === published,
  )
  expect(Date.now() - killedAt).toBeLessThan(10_000)
})

it('consumes again soon after its only member was killed and started anew', { timeout: 90_000 }, async () => {
  const topic = await newTopic()
  const groupId = newName('group')
  const publisher = testPublisher()
  const publish = (from: number) => publisher.publish(numbers(60).map((n) => record(topic, `k${n}`, String(from + n))))
  const killed = startProcess(groupId, topic)
  await publish(0)
  await until('it consumes', 30_000, () => killed.handledCount() >= 60)
  killed.child.kill('SIGKILL')
  const killedAt = Date.now()
  const next = startProcess(groupId, topic)
  await publish(60)
  await until('its successor consumes', 20_000, () => new Set([...killed.lines, ...next.lines]).size === 121)
  expect(Date.now() - killedAt).toBeLessThan(10_000)
})
