export { distinct } from './batch.ts'
export type { Catalogue, KnownEvent } from './catalogue.ts'
export type { DeadLetter, Failure } from './dead-letter.ts'
export {
  type DeadLetters,
  deadLetters,
  type LetterOutcome,
  type LetterResult,
  type ListedLetter,
  retryCompensations,
  type Selection,
} from './dead-letters.ts'
export { onDecoded } from './decoded.ts'
export { type Decided, type DocumentStore, Documents, type NewDocument } from './documents.ts'
export { type Decoded, decode, encode } from './envelope.ts'
export { type FaultPoint, type Faults, faultPoints } from './fault-points.ts'
export { type GatherOptions, gather, Overloaded } from './gather.ts'
export { recordHandler } from './handling.ts'
export type { Log } from './log.ts'
export { type Cause, causedBy, type Fact, type Message, newId, type Stamps, stampWith, startedBy } from './message.ts'
export { restAfterSweep } from './pacing.ts'
export { settingAside } from './parking.ts'
export type { HandlingOptions, Observer } from './persisting.ts'
export { type ProgressWatch, type Standstill, standstillMsMin, watchHandler, watchHandling, watchProgress } from './progress.ts'
export { type RawHeader, type RawParts, readableOf, textOf } from './record-bytes.ts'
export { type Relay, type RelayOptions, relayOnce, startRelay } from './relay.ts'
export { type AsideOutcome, type Asides, withAsides } from './set-aside.ts'
export type { Backlog, DeadLetterStore, LetterQuery, MessageStore, Outcome, React, Stored } from './store.ts'
export type { Doubt, Suspicious } from './suspicion.ts'
export { keepTold, type Telling, type Told, toldAgain } from './told.ts'
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
} from './transport.ts'
export type { NeedsByType } from './waiting.ts'
export { TookTooLong } from './within.ts'
