/** A topic that begins anew, as it does after a move to another cluster too, has other records in places that are known already. */
import { recordHandler } from '@shop/messaging'
import { MemoryMessageStore } from '@shop/messaging/memory'
import { expect, it, onTestFinished } from 'vitest'
import { kafkaAdmin } from './admin.ts'
import { client, keptLog, newTopic, until } from './testing/broker.ts'
import { record, testConsumer, testPublisher } from './testing/reading.ts'
import { createTopics } from './topics.ts'

it('what cannot be handled of a topic that began anew is set aside beside what could not be before', {
  timeout: 90_000,
}, async () => {
  const topic = await newTopic(1)
  const store = new MemoryMessageStore<never>()
  const copies: string[] = []
  const handle = recordHandler({
    consumer: 'tester',
    catalogue: {
      address: () => ({ ceType: '', source: '', topic: '' }),
      ceTypeOf: (type) => type,
      lookup: () => undefined,
      isOtherVersion: () => false,
      compensates: () => false,
      deadLetterTopic: (name) => name,
    },
    store,
    react: async () => [],
    publisher: { publish: async (records) => void copies.push(...records.map(({ value }) => String(value))) },
    log: keptLog(),
    observe: { transaction: () => {}, deadLettered: () => {}, retried: () => {}, passedOver: () => {} },
  })
  testConsumer({ topics: [topic], handle, groupId: `test.anew.${topic}` })
  const admin = kafkaAdmin(client())
  onTestFinished(() => admin.close())
  const told = async (value: string) => {
    await testPublisher().publish([record(topic, 'k', value)])
    await until(`${value} is set aside`, 60_000, () => copies.includes(value))
  }
  await told('before')
  await told('just before') // so that the new log is shorter than what was read of the old one, however soon it is filled
  await admin.deleteTopics([topic])
  await until('it is gone', 20_000, async () => !(await admin.topics()).includes(topic))
  await createTopics(client(), [{ topic, partitions: 1 }])
  await told('after')
  const letters = await store.letters({ limit: 10 })
  expect(letters.map(({ record: { position, value } }) => `${position} ${value}`)).toEqual([
    '0/0 before',
    '0/1 just before',
    '0/0 after',
  ])
  expect(new Set(letters.map(({ id }) => id)).size).toBe(3)
})
