/**
 * The port between the core and a broker. A topic consists of one or several sequences of records (Kafka: partitions); records of one key
 * stand in one of them, in the order in which they were published. How a driver numbers sequences and records is its own affair: to
 * everybody else a position is a text. One conformance suite (`conformance/transport.ts`) holds every driver to what is said here.
 */
import type { RawParts } from './record-bytes.ts'

/** One record as it came from a topic. Nothing is decoded. */
export interface ConsumedRecord {
  readonly topic: string
  /** Where it stands on its topic: unlike that of any other record there, and the same whenever it comes. Opaque to all but the driver. */
  readonly position: string
  /** A key that is no text is here in readable form (`\x00\x07…`); its bytes are in `raw`. */
  readonly key: string | null
  readonly value: Buffer | null
  /** By name. Of one that is there several times the last one; what is no text is in readable form. All of those are in `raw`. */
  readonly headers: Readonly<Record<string, string>>
  /** What text cannot say of key and headers: absent when they are well-formed text without NUL, and each header is there once. */
  readonly raw?: RawParts
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
  /** Sent in the place of `key`, and of those headers that have the same names. */
  readonly raw?: RawParts | undefined
}

/** The broker will never take this record as it is, however often it is tried: it is too large, or breaks a rule of its topic. */
export class Unsendable extends Error {
  override name = 'Unsendable'
  /** The one that was refused, alone. Others of the call may be on their topics, or not. */
  readonly record: OutgoingRecord

  constructor(record: OutgoingRecord, reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.record = record
  }
}

export interface Publisher {
  /**
   * Resolves once all in-sync replicas have every record (acks=all). Concurrent calls gather: one produce request is under way at a
   * time, and what is asked meanwhile goes out together in the next, in the order of the calls. A call that fails does not hold
   * back the ones behind it: who needs the order across a failure waits for each call before the next, as the relay does. After a broken
   * connection, or a leader that moved, a record may be on its topic twice.
   * @throws Unsendable, which names a record that the broker refuses for good; one of another call that it gathered with, too.
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
   * True once these sequences may belong to another consumer, or the consumer stops: give up between two steps. What was made
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
 * Handles records of several sequences at once, each in its order. Resolves when all of them are done with for good (durably handled, or
 * dead-lettered); that is committed after that. While a fault lasts it goes on trying itself.
 * @throws Abandoned, when it gave up because of `abandoned()`: the records come again.
 */
export type HandleRecords = (records: readonly ConsumedRecord[], assignment: Assignment) => Promise<void>

/** Says that a handler stopped because its records are no longer its own. */
export class Abandoned extends Error {
  override name = 'Abandoned'
}

export interface Subscription {
  /** True between having joined the group and leaving it, as long as the broker is heard from. */
  joined(): boolean
  /** Records between the group's committed position and the end, per topic; at most 2 s old. @throws when no broker answers in 5 s. */
  lag(): Promise<Readonly<Record<string, number>>>
  /** Lets the chunk at hand end (`abandoned()` turns true), commits what is done and leaves the group. Bounded; never rejects. */
  stop(): Promise<void>
}

/** Records of one sequence that a group should have got, and that are gone. */
export interface Lost {
  readonly topic: string
  /** Where the group was. */
  readonly position: string
  /** Where it goes on. */
  readonly resumesAt: string
  /** How many are missing; absent when the sequence lost its end or was begun anew: nobody knows then. */
  readonly records?: number
}

export interface SubscribeOptions {
  /** Members of one group share the topics' sequences; each group gets every record. */
  readonly groupId: string
  /** Read from their beginning by a group that has committed nothing yet. They may come to exist later. */
  readonly topics: readonly string[]
  /** Called with records of several sequences, one call at a time. What it throws is logged, and it is called again. */
  readonly handle: HandleRecords
  /** Called once, when the consumer cannot run and trying again will not help: let the process exit. The consumer has ended then. */
  readonly onFatal: (error: Error) => void
  /**
   * Called for each hole that is seen: when the group is joined, and while records come. It goes on behind the hole, or with a log that was
   * begun anew at its beginning. Default: nobody is told.
   */
  readonly onLost?: ((lost: Lost) => void) | undefined
  /** Most records in one call of `handle`; default 200. */
  readonly maxRecordsPerChunk?: number
}

/** A place on a topic. */
export interface Place {
  readonly topic: string
  readonly position: string
}

export interface ReadOptions {
  readonly topics: readonly string[]
  /**
   * Where each sequence is begun; default `beginning`. `end`: only what comes from now on. `sinceMs`: the first record that the broker had
   * at that time or later, in milliseconds since 1970. `latest`: so many records before the end. Places: at these, and nothing is read of
   * the sequences in which there is none.
   */
  readonly from?:
    | 'beginning'
    | 'end'
    | { readonly sinceMs: number }
    | { readonly latest: number }
    | { readonly places: readonly Place[] }
  /** `end`: the reader ends when it has all that stood there when it began. `stopped`: it goes on with what comes. */
  readonly until: 'end' | 'stopped'
  /** Most records of each sequence; default all. The reader ends when it has so many of each. */
  readonly recordsPerSequenceMax?: number
  /** Reads only these headers of each record, which is cheaper; default all. */
  readonly headers?: readonly string[]
  /** Called with records of one sequence in their order, one call at a time. The reader fails with what it throws. */
  readonly onRecords: (records: readonly ConsumedRecord[]) => void | Promise<void>
  /** Stops the reader, as `stop` does. */
  readonly signal?: AbortSignal
  /** A reader that has not come to its end fails when no record came for so long; default 30,000 ms. One that goes on never does. */
  readonly silenceMsMax?: number
}

/** Reads topics beside all groups: nobody else gets fewer records for it, and nothing is committed. */
export interface TopicReader {
  /** Resolves when it reads. Rejects as `ended` does when that comes first. */
  readonly started: Promise<void>
  /** Resolves when it has come to its end or was stopped. @throws what ended it otherwise, such as a topic that is not there. */
  readonly ended: Promise<void>
  /** True once all that stood on the topics when it began has been read. */
  caughtUp(): boolean
  /** Resolves when no call of `onRecords` is under way and none will come. Bounded; never rejects. */
  stop(): Promise<void>
}

export interface TopicSpec {
  readonly topic: string
  /** How many sequences; default 6. An existing topic keeps the number that it has: another one would send keys elsewhere. */
  readonly partitions?: number
  /** Default: the broker's. */
  readonly replicationFactor?: number
  /** In the broker's words, such as `{ 'retention.ms': '604800000' }`; only for topics that do not exist yet. */
  readonly configEntries?: Readonly<Record<string, string>>
}

/** What a topic has of one of its sequences. */
export interface Stretch {
  readonly topic: string
  /** The position of its oldest record. */
  readonly begin: string
  /** The position that the next record gets. */
  readonly end: string
  readonly records: number
  /** True when it had records before `begin`, which are gone. */
  readonly trimmed: boolean
}

/** How far a group is in one sequence. */
export interface GroupPlace extends Place {
  /** True when the group has committed nothing there yet; then `position` has no meaning. */
  readonly fresh: boolean
  /** Records between the position and the end. */
  readonly lag: number
}

/** What tools ask of a broker. Connects at the first call, and anew after one that failed. Each call is bounded. */
export interface TransportAdmin {
  /**
   * Creates those topics that do not exist and waits until they can be written to. May run in several processes at once.
   * @throws TookTooLong when no broker answers within 30 s, or not all is there 120 s later; errors of the broker that refuses a topic.
   */
  createTopics(specs: readonly TopicSpec[]): Promise<void>
  /** The names of all topics. @throws when no broker answers in time, as all below. */
  topics(): Promise<readonly string[]>
  /** Per topic in the order of its sequences. @throws also when a topic does not exist. */
  stretches(topics: readonly string[]): Promise<readonly Stretch[]>
  /** Per topic in the order of its sequences. @param stretches of these topics, when they have just been asked for. */
  groupPlaces(groupId: string, topics: readonly string[], stretches?: readonly Stretch[]): Promise<readonly GroupPlace[]>
  /** Records between the group's committed positions and the ends, per topic. */
  groupLag(groupId: string, topics: readonly string[]): Promise<Readonly<Record<string, number>>>
  /** Lets a group that has no members go on at these places. @throws also while it has members. */
  moveGroup(groupId: string, places: readonly Place[]): Promise<void>
  /** Bounded; never rejects. */
  close(): Promise<void>
}

/** What a driver's factory returns: a broker as one process sees it. It holds nothing itself; what it makes is closed one by one. */
export interface Transport {
  publisher(): Publisher
  /** Consumes as a member of a group until it is stopped. Starts in the background, so that a process starts without its broker, too. */
  subscribe(options: SubscribeOptions): Subscription
  read(options: ReadOptions): TopicReader
  admin(): TransportAdmin
  /** A position in the broker's words, for people and headers, such as `{ partition: '3', offset: '17' }`. */
  describe(position: string): Readonly<Record<string, string>>
}
