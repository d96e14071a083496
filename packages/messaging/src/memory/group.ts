import type { Partition } from './partition.ts'

/** Somebody among whom a group's partitions are shared. */
export interface Member {
  /** These are its own from now on; what it had before may be another one's. */
  assign(partitions: readonly Partition[]): void
}

/** Where the partitions of a topic are found. */
export interface Topics {
  partitions(topic: string): readonly Partition[]
}

/** The members of one consumer group, among whom the partitions of its topics are shared anew whenever one joins or leaves. */
export class MemoryGroup<M extends Member = Member> {
  members: readonly M[] = []
  readonly #broker: Topics
  readonly #topics: readonly string[]

  constructor(broker: Topics, topics: readonly string[]) {
    this.#broker = broker
    this.#topics = topics
  }

  join(member: M): void {
    this.members = [...this.members, member]
    this.#share()
  }

  leave(member: M): void {
    this.members = this.members.filter((m) => m !== member)
    this.#share()
  }

  #share(): void {
    const partitions = this.#topics.flatMap((topic) => this.#broker.partitions(topic))
    for (const [i, member] of this.members.entries()) member.assign(partitions.filter((_, n) => n % this.members.length === i))
  }
}
