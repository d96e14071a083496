import kafkajs from 'kafkajs'
import { expect, it } from 'vitest'
import { client, newName } from './testing/broker.ts'
import { createTopics, isUnanswered } from './topics.ts'

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

const { KafkaJSAggregateError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError, KafkaJSRequestTimeoutError } = kafkajs
const refusal = (type: string) => Object.assign(new KafkaJSProtocolError(new Error(type)), { type })
const options = { broker: 'b', clientId: 'c', correlationId: 1, createdAt: 0, sentAt: 0, pendingDuration: 0 }

it.each([
  ['no answer in time', new KafkaJSRequestTimeoutError('timed out', options), true],
  [
    'some are there, others not in time',
    new KafkaJSAggregateError('', [refusal('TOPIC_ALREADY_EXISTS'), refusal('REQUEST_TIMED_OUT')]),
    true,
  ],
  [
    'a controller that moved',
    new KafkaJSNumberOfRetriesExceeded(refusal('NOT_CONTROLLER'), { retryCount: 1, retryTime: 1 }),
    true,
  ],
  [
    'too few brokers',
    new KafkaJSAggregateError('', [refusal('TOPIC_ALREADY_EXISTS'), refusal('INVALID_REPLICATION_FACTOR')]),
    false,
  ],
  ['a name that cannot be', refusal('INVALID_TOPIC_EXCEPTION'), false],
])('asks again only for what was not refused: %s', (_what, error, isAskedAgain) => {
  expect(isUnanswered(error)).toBe(isAskedAgain)
})
