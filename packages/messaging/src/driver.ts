/** What a store or a transport is written with, beyond what its users need. */
export { byKey, distinct, handledAs, isHandled, notYetHandled, type Sorted, sortBatch } from './batch.ts'
export {
  type DeadLetter,
  doubtedLetter,
  type Failure,
  handledBy,
  holdsKey,
  restoredLetter,
  type StoredRecord,
  storedParts,
} from './dead-letter.ts'
export { assertOwnKeys, type Decided, type DocumentStore, Documents, type NewDocument } from './documents.ts'
export { gather, Overloaded } from './gather.ts'
export type { Log } from './log.ts'
export { type Message, newId, optionalParts, startedBy } from './message.ts'
export { restAfter, restAfterSweep } from './pacing.ts'
export {
  framed,
  packedParts,
  partsWith,
  type RawHeader,
  type RecordParts,
  readableName,
  setHeader,
  textOf,
  unframed,
  unpackedParts,
} from './record-bytes.ts'
export type { Backlog, DeadLetterStore, LetterQuery, MessageStore, Outcome, React, Stored } from './store.ts'
export { type CarriedOut, carryOut, type Doubt, type Suspicious, trusted } from './suspicion.ts'
export {
  Abandoned,
  type Assignment,
  type ConsumedRecord,
  type GroupPlace,
  type HandleRecords,
  type Lost,
  type OutgoingRecord,
  type Place,
  type Publisher,
  type ReadOptions,
  type Stretch,
  type SubscribeOptions,
  type Subscription,
  type TopicReader,
  type TopicSpec,
  type Transport,
  type TransportAdmin,
  Unsendable,
} from './transport.ts'
export { type Arranged, type Arrivals, arrange, type Doubted, Needs, type NeedsByType, noArrivals, nobody } from './waiting.ts'
export { TookTooLong, within } from './within.ts'
