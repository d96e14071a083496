import type { GroupPlace, Stretch, TransportAdmin } from '@shop/messaging/driver'
import type { Admin, Kafka } from 'kafkajs'
import { askThrough } from './asking.ts'
import { moveGroup } from './moving.ts'
import { kafkaPosition, positionOf } from './position.ts'
import { createTopics } from './topics.ts'

/** What this broker can be asked beyond the port. */
export interface KafkaAdmin extends TransportAdmin {
  /** Deletes all records that the topics have now, as their retention would. */
  deleteRecords(topics: readonly string[]): Promise<void>
  deleteTopics(topics: readonly string[]): Promise<void>
  /** How a topic is kept: its replicas, and those of its settings that are named. */
  keptBy(
    topic: string,
    settings: readonly string[],
  ): Promise<{ readonly replicationFactor: number; readonly settings: Readonly<Record<string, string>> }>
}

export const kafkaAdmin = (kafka: Kafka): KafkaAdmin => {
  const { ask, close } = askThrough(kafka)
  const stretches = (topics: readonly string[]) => ask('reading topics', (admin) => stretchesOf(admin, topics))
  const groupPlaces: TransportAdmin['groupPlaces'] = async (groupId, topics, known) => {
    const ends = known ?? (await stretches(topics))
    return ask('reading the positions of a group', (admin) => placesOf(admin, groupId, topics, ends))
  }

  return {
    createTopics: (specs) => createTopics(kafka, specs),
    topics: () => ask('listing topics', (admin) => admin.listTopics()),
    stretches,
    groupPlaces,
    groupLag: async (groupId, topics) => {
      const places = await groupPlaces(groupId, topics)
      const lagOf = (topic: string) => places.reduce((sum, place) => (place.topic === topic ? sum + place.lag : sum), 0)
      return Object.fromEntries(topics.map((topic) => [topic, lagOf(topic)]))
    },
    moveGroup: (groupId, places) => moveGroup(kafka, groupId, places),
    deleteRecords: (topics) => ask('deleting records', (admin) => deleteAll(admin, topics)),
    deleteTopics: (topics) => ask('deleting topics', (admin) => admin.deleteTopics({ topics: [...topics] })),
    keptBy: (topic, settings) => ask('reading settings', (admin) => keeping(admin, topic, settings)),
    close,
  }
}

const stretchesOf = async (admin: Admin, topics: readonly string[]): Promise<readonly Stretch[]> => {
  const ofTopic = async (topic: string): Promise<readonly Stretch[]> => {
    const offsets = await admin.fetchTopicOffsets(topic)
    return offsets
      .toSorted((a, b) => a.partition - b.partition)
      .map(({ partition, low, high }) => ({
        topic,
        begin: positionOf(partition, low),
        end: positionOf(partition, high),
        records: Number(high) - Number(low),
        trimmed: Number(low) > 0,
      }))
  }
  return (await Promise.all(topics.map(ofTopic))).flat()
}

const placesOf = async (
  admin: Admin,
  groupId: string,
  topics: readonly string[],
  ends: readonly Stretch[],
): Promise<readonly GroupPlace[]> => {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] })
  const offsets = new Map(
    committed.flatMap(({ topic, partitions }) => partitions.map((p) => [`${topic}/${p.partition}`, p.offset])),
  )
  return ends.flatMap(({ topic, begin, end }): GroupPlace[] => {
    if (!topics.includes(topic)) return []
    const { partition, offset: low } = kafkaPosition(begin)
    const offset = Number(offsets.get(`${topic}/${partition}`) ?? -1) // -1: nothing committed yet
    const lag = Math.max(0, Number(kafkaPosition(end).offset) - Math.max(offset, Number(low)))
    return [{ topic, position: positionOf(partition, offset), fresh: offset < 0, lag }]
  })
}

const deleteAll = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  for (const topic of topics) {
    const ends = await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: ends.map(({ partition, high }) => ({ partition, offset: high })) })
  }
}

/** kafkajs' `ConfigResourceTypes.TOPIC`, which Node does not see among the exports of its CommonJS module. */
const topicResource = 2

const keeping = async (admin: Admin, topic: string, settings: readonly string[]) => {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: topicResource, name: topic, configNames: [...settings] }],
  })
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const entries = resources
    .flatMap((r) => r.configEntries)
    .map(({ configName, configValue }) => [configName, configValue] as const)
  return { replicationFactor: topics[0]?.partitions[0]?.replicas.length ?? 0, settings: Object.fromEntries(entries) }
}
