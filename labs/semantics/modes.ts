/** What is tried, what is expected of it, and why. */
import type { ConsumerMode } from './consumer/settings.ts'
import type { Expected } from './expectation.ts'
import type { AcksMode } from './producer/acks-run.ts'
import type { CutMode } from './producer/cut-run.ts'

export interface Described {
  /** As the table calls it. */
  readonly title: string
  readonly expected: Expected
  /** One sentence. */
  readonly why: string
}

const nothing = 'none' as const
const some = 'some' as const
const inOrder = { outOfOrder: nothing }
const onceEach: Expected = { lost: nothing, doubled: nothing, ...inOrder }
const doubles: Expected = { lost: nothing, doubled: some, ...inOrder }

/** A consumer is killed (SIGKILL) again and again; the producer and the broker live. */
export const consumerModes: Readonly<Record<ConsumerMode, Described>> = {
  'commit-first': {
    title: 'offset committed before handling',
    expected: { lost: some, doubled: nothing, ...inOrder },
    why: 'At most once: what was acknowledged and not yet booked when the consumer died comes to nobody again.',
  },
  'commit-after': {
    title: 'offset committed after handling',
    expected: doubles,
    why: 'At least once: what was booked and not yet acknowledged comes again, and nothing remembers that it was booked.',
  },
  'auto-commit': {
    title: 'offset committed by time',
    expected: doubles,
    why: 'The client commits what the handler has returned from, some time later: at least once; what comes again is as much as an interval holds (200 ms here).',
  },
  'auto-commit-handed-over': {
    title: 'committed by time, handed over to a queue of the process',
    expected: { lost: some, doubled: 'any', ...inOrder },
    why: 'The handler has returned, so the client commits, and what still waited in the queue died with the process: the same switch as the line above, and at least once is gone.',
  },
  'transaction-topic': {
    title: 'Kafka transaction, effect in a topic, read_committed',
    expected: onceEach,
    why: "Exactly once within Kafka: records and offset are committed together, and what a dead consumer left open is aborted by its successor's first request.",
  },
  'transaction-database': {
    title: 'Kafka transaction, effect in the database',
    expected: doubles,
    why: 'The row was committed by the database when the transaction of Kafka was aborted: the offset went back, the row did not.',
  },
  inbox: {
    title: 'inbox: id and effect in one transaction of the database',
    expected: onceEach,
    why: 'Delivered at least once, with its effect once: the id of what was booked stands beside the booking, and what comes again is dropped by it.',
  },
}

/** The topic of `transaction-topic` once more. */
export const readUncommitted: Described = {
  title: 'the same topic, read_uncommitted',
  expected: doubles,
  why: 'The aborted records lie in the topic all the same; it is the reader who has to leave them out.',
}

/** The producer's connection is cut again and again; nobody is killed. */
export const cutModes: Readonly<Record<CutMode, Described>> = {
  plain: {
    title: 'producer without idempotence, an answer is lost',
    expected: doubles,
    why: 'The broker has the batch and the producer does not know: it sends it again, and nothing tells the second from the first.',
  },
  'in-flight': {
    title: 'producer without idempotence, five batches under way, a request is lost',
    expected: { lost: nothing, doubled: 'any', outOfOrder: some },
    why: 'Each of the five is tried again by itself, so a later one can be stored before an earlier one.',
  },
  idempotent: {
    title: 'producer with idempotence, an answer is lost',
    expected: onceEach,
    why: "The batch comes again under the same producer's id and number, and the broker drops it.",
  },
  kit: {
    title: "the kit's publisher (idempotent), an answer is lost",
    expected: doubles,
    why: 'It gives a producer up whose numbers have become uncertain, and its successor sends the batch under an id of its own: a duplicate, which the inbox drops, rather than a loss.',
  },
}

/** The leader is killed while its followers are behind; three brokers, min.insync.replicas=2. */
export const acksModes: Readonly<Record<AcksMode, Described>> = {
  0: {
    title: 'acks=0, the leader is killed',
    expected: { lost: some, doubled: 'any', ...inOrder },
    why: 'Sent means written to a socket; nobody has to have read it.',
  },
  1: {
    title: 'acks=1, the leader is killed',
    expected: { lost: some, doubled: 'any', ...inOrder },
    why: 'The leader alone had them and said so; the follower that became leader never saw them.',
  },
  all: {
    title: "acks=all (the kit's publisher), the leader is killed",
    expected: { lost: nothing, doubled: 'any', ...inOrder },
    why: 'Nothing counts as sent before the followers have it; what was under way is sent again, and may be there twice.',
  },
}

export type Mode = ConsumerMode | `producer-${CutMode}` | `acks-${AcksMode}`

const names = <Name extends string>(of: Readonly<Record<Name, unknown>>) => Object.keys(of) as Name[]
export const consumerModeNames: readonly ConsumerMode[] = names(consumerModes)
export const cutModeNames: readonly CutMode[] = names(cutModes)
export const acksModeNames: readonly AcksMode[] = names(acksModes)

/** In the order of the table. */
export const modeNames: readonly Mode[] = [
  ...consumerModeNames,
  ...cutModeNames.map((mode) => `producer-${mode}` as const),
  ...acksModeNames.map((mode) => `acks-${mode}` as const),
]
