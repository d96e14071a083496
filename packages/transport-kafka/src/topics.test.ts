import { expect, it } from 'vitest'
import { client, newName } from './testing/broker.ts'
import { createTopics } from './topics.ts'

it('creates what is missing, several at once and again, and leaves what exists', async () => {
  const [first, second] = [newName('topic'), newName('topic')]
  await createTopics(client(), [{ topic: first, partitions: 2, configEntries: { 'retention.ms': '86400000' } }])
  const both = [{ topic: first, partitions: 9 }, { topic: second }]
  await Promise.all([createTopics(client(), both), createTopics(client(), both)])

  const admin = client().admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [first, second] })
  await admin.disconnect()
  const counts = Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length]))
  expect(counts).toEqual({ [first]: 2, [second]: 6 })
})

it('says what the broker refuses', async () => {
  await expect(createTopics(client(), [{ topic: 'no spaces allowed' }])).rejects.toThrow()
})
