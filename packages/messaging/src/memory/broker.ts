import { packedParts, unpackedParts } from '../record-bytes.ts'
import type { ConsumedRecord, OutgoingRecord } from '../transport.ts'
import { MemoryGroup } from './group.ts'
import { memoryPositionOf, type Partition } from './partition.ts'

/** FNV-1a, as a stand-in for a producer's partitioner: one key, one partition. */
const hashOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

const isText = (key: string | null): boolean => key === null || !key.includes('\0')

/** A broker as far as its clients can tell: topics of partitions, records in order, and what each group has committed. */
export class MemoryBroker {
  readonly #partitionsPerTopic: number
  readonly #topics = new Map<string, readonly Partition[]>()
  readonly #committed = new Map<string, Map<Partition, number>>()
  readonly #groups = new Map<string, MemoryGroup>()
  #waiting: (() => void)[] = []

  /** @param partitionsPerTopic of topics that nobody created; default 2. */
  constructor(partitionsPerTopic = 2) {
    this.#partitionsPerTopic = partitionsPerTopic
  }

  get topics(): readonly string[] {
    return [...this.#topics.keys()]
  }

  /** A topic that does not exist is created. */
  partitions(topic: string): readonly Partition[] {
    return this.#topics.get(topic) ?? this.create(topic, this.#partitionsPerTopic)
  }

  /** An existing topic stays as it is. */
  create(topic: string, count: number): readonly Partition[] {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      partitions = Array.from({ length: count }, (_, number) => ({ topic, number, records: [] }))
      this.#topics.set(topic, partitions)
    }
    return partitions
  }

  /** @param place chooses the partition; the record's key by default. */
  append({ topic, key, value, headers, raw }: OutgoingRecord, timestampMs: number, place = hashOf(key ?? '')): ConsumedRecord {
    const partitions = this.partitions(topic)
    const partition = partitions[place % partitions.length]
    if (partition === undefined) throw new Error(`${topic} has no partitions`)
    const record: ConsumedRecord = {
      topic,
      position: memoryPositionOf(partition.number, partition.records.length),
      value: typeof value === 'string' ? Buffer.from(value) : value,
      timestampMs,
      // As bytes, which is what a broker keeps; most records have nothing that text could not say.
      ...(raw === undefined && isText(key) && Object.values(headers).every(isText)
        ? { key, headers }
        : unpackedParts(packedParts({ key, headers, ...(raw && { raw }) }))),
    }
    partition.records.push(record)
    if (this.#waiting.length > 0) this.wake()
    return record
  }

  committed(group: string, partition: Partition): number {
    return this.#committed.get(group)?.get(partition) ?? 0
  }

  hasCommitted(group: string, partition: Partition): boolean {
    return this.#committed.get(group)?.has(partition) ?? false
  }

  commit(group: string, partition: Partition, position: number): void {
    let offsets = this.#committed.get(group)
    if (offsets === undefined) {
      offsets = new Map()
      this.#committed.set(group, offsets)
    }
    offsets.set(partition, position)
  }

  /** The group of that name, which reads these topics. */
  group(groupId: string, topics: readonly string[]): MemoryGroup {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = new MemoryGroup(this, topics)
      this.#groups.set(groupId, group)
    }
    return group
  }

  hasMembers(groupId: string): boolean {
    return (this.#groups.get(groupId)?.members.length ?? 0) > 0
  }

  /** Resolves at the next record, or when somebody is to look again. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
