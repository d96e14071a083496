/** Kafka as far as the services can tell: topics of partitions, records in order, and what each group has committed. */
import type { ConsumedRecord, OutgoingRecord } from '@shop/messaging'

export interface Partition {
  readonly topic: string
  readonly number: number
  readonly records: ConsumedRecord[]
}

const partitionsPerTopic = 2

/** FNV-1a, as a stand-in for the producer's partitioner: one key, one partition. */
const hashOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export class Broker {
  readonly #topics = new Map<string, readonly Partition[]>()
  readonly #committed = new Map<string, Map<Partition, number>>()

  partitions(topic: string): readonly Partition[] {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      partitions = Array.from({ length: partitionsPerTopic }, (_, number) => ({ topic, number, records: [] }))
      this.#topics.set(topic, partitions)
    }
    return partitions
  }

  /** @param place chooses the partition; the record's key by default. */
  append({ topic, key, value, headers }: OutgoingRecord, timestampMs: number, place = hashOf(key ?? '')): ConsumedRecord {
    const partitions = this.partitions(topic)
    const partition = partitions[place % partitions.length]
    if (partition === undefined) throw new Error(`${topic} has no partitions`)
    const record: ConsumedRecord = {
      topic,
      partition: partition.number,
      offset: String(partition.records.length),
      key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers,
      timestampMs,
    }
    partition.records.push(record)
    return record
  }

  committed(group: string, partition: Partition): number {
    return this.#committed.get(group)?.get(partition) ?? 0
  }

  commit(group: string, partition: Partition, position: number): void {
    let offsets = this.#committed.get(group)
    if (offsets === undefined) {
      offsets = new Map()
      this.#committed.set(group, offsets)
    }
    offsets.set(partition, position)
  }
}
