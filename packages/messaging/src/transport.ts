/** One record as it came from a topic. Nothing is decoded. */
export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  /** Decimal, as Kafka counts. */
  readonly offset: string
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds since 1970, as the broker keeps it. */
  readonly timestampMs: number
  /**
   * Why this record stands in for records that could not be read (a compressed batch that is broken, or would unpack to too much): one line.
   * Its value is then the beginning of what there was; it is undecodable.
   */
  readonly unreadable?: string
}

export interface OutgoingRecord {
  readonly topic: string
  readonly key: string | null
  readonly value: string | Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface Publisher {
  /**
   * Resolves once all in-sync replicas have every record (acks=all). Concurrent calls gather: one produce request is under way at a
   * time, and what is asked meanwhile goes out together in the next, in the order of the calls. A call that fails does not hold
   * back the ones behind it: who needs the order across a failure waits for each call before the next, as the relay does. After a broken
   * connection, or a leader that moved, a record may be on its topic twice.
   * @throws when the broker did not acknowledge in time; any of the records may be on their topic then, or not, or come there later.
   */
  publish(records: readonly OutgoingRecord[]): Promise<void>
  /** True while connected; a connection that broke while idle is noticed within seconds. */
  ready(): boolean
  /** Waits for what is under way, then disconnects. */
  close(): Promise<void>
}

/** Given to a handler along with its records. */
export interface Assignment {
  /**
   * True once these partitions may belong to another consumer, or the consumer stops: give up between two steps. What was made
   * durable anyway counts: a handler that returns normally has its records committed if that is still possible.
   */
  abandoned(): boolean
  /**
   * Tells the broker that this consumer lives. That happens beside the handler anyway, however long it takes; calling it only makes
   * a rebalance known sooner. Throws when one is under way: let it escape.
   */
  heartbeat(): Promise<void>
}

/**
 * Handles records of several partitions at once, per partition in offset order. Resolves when all of them are done with for good
 * (durably handled, or dead-lettered); their offsets are committed after that. While a fault lasts it goes on trying itself.
 * @throws Abandoned, when it gave up because of `abandoned()`: the records come again.
 */
export type HandleRecords = (records: readonly ConsumedRecord[], assignment: Assignment) => Promise<void>

/** Says that a handler stopped because its partitions are no longer its own. */
export class Abandoned extends Error {
  override name = 'Abandoned'
}

export interface Subscription {
  /** True between having joined the group and leaving it, as long as the broker is heard from. */
  joined(): boolean
  /** Records between the group's committed position and the end, per topic; at most 2 s old. @throws when no broker answers in 5 s. */
  lag(): Promise<Readonly<Record<string, number>>>
  /** Lets the chunk at hand end (`abandoned()` turns true), commits its offsets and leaves the group. Bounded; never rejects. */
  stop(): Promise<void>
}
