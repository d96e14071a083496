import { setTimeout as pauseByTimer } from 'node:timers/promises'
import { handledAs } from './batch.ts'
import type { Catalogue } from './catalogue.ts'
import { type DeadLetter, type DescribePosition, deadLetterRecord, type Failure, letterOf } from './dead-letter.ts'
import { decode } from './envelope.ts'
import type { Faults } from './fault-points.ts'
import type { Log } from './log.ts'
import { type Message, now } from './message.ts'
import type { MessageStore, Outcome, React } from './store.ts'
import type { Suspicious } from './suspicion.ts'
import { suspiciousLetters } from './suspicious-letters.ts'
import { Abandoned, type Assignment, type ConsumedRecord, type HandleRecords, type Publisher } from './transport.ts'

/** What is told of each chunk, for metrics. */
export interface Observer {
  /** One transaction has been committed. */
  transaction(messages: readonly Message[], outcome: Outcome): void
  deadLettered(reason: Failure['kind']): void
  retried(): void
}

export interface HandlingOptions<Work> {
  /** The consumer's name: in the dead letters' headers. */
  readonly consumer: string
  readonly catalogue: Catalogue
  readonly store: Pick<MessageStore<Work>, 'handleOnce' | 'park' | 'isTransient'>
  readonly react: React<Work>
  /** Takes the dead letters. */
  readonly publisher: Pick<Publisher, 'publish'>
  readonly log: Log
  readonly observe: Observer
  /** How the dead letters' headers say where a record stood, such as `Transport.describe`; default as it is, in `dead-letter-position`. */
  readonly describePosition?: DescribePosition
  /** How often a message that fails for no transient reason is tried before it becomes a dead letter; default 5. */
  readonly attemptsMax?: number
  readonly faults?: Faults | undefined
  /** Waits between attempts; a simulation passes its own time. Default: timers. */
  readonly pause?: (ms: number) => Promise<unknown>
}

/** A message and the record in which it came. */
interface Received {
  readonly message: Message
  readonly record: ConsumedRecord
}

const retryDelayMsMin = 50
const retryDelayMsMax = 5_000

/** Capped exponential backoff with full jitter. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
const backoffMs = (attempt: number): number =>
  Math.random() * Math.min(retryDelayMsMax, retryDelayMsMin * 2 ** Math.min(attempt, 10)) + 10

/** What the steps of one handler share. */
interface Handling<Work> extends HandlingOptions<Work> {
  readonly attemptsMax: number
  readonly pause: (ms: number) => Promise<unknown>
  readonly describePosition: DescribePosition
}

/**
 * The way of records into a service: decode, handle once in one transaction, and let go only of what is durably handled or set aside.
 * A chunk that fails is split until the failing message stands alone; it is parked in the service's own database, where it holds its
 * key, and a copy goes to the dead-letter topic. What the reactions doubt is parked as well, and holds nothing. While a transient fault lasts, the whole chunk waits; nothing is set aside for it.
 */
export const recordHandler = <Work>(options: HandlingOptions<Work>): HandleRecords => {
  const { catalogue, faults } = options
  const handling: Handling<Work> = {
    ...options,
    react: reactThenPass(options.react, faults),
    attemptsMax: options.attemptsMax ?? 5,
    pause: options.pause ?? pauseByTimer,
    describePosition: options.describePosition ?? ((position) => ({ position })),
  }
  return async (records, assignment) => {
    const received: Received[] = []
    for (const record of records) {
      const decoded = decode(record, catalogue)
      if (decoded.kind === 'message') received.push({ message: decoded.message, record })
      if (decoded.kind === 'undecodable') await park(handling, [undecodable(record, decoded)], assignment)
    }
    if (received.length === 0) return
    const messages = received.map((r) => r.message)
    await faults?.pass('after-receive', typesOf(messages), keysOf(messages))
    await handleChunk(handling, received, assignment)
    await faults?.pass('before-offset-commit', typesOf(messages), keysOf(messages))
  }
}

/** Tries until it succeeds, fails for good, or the records are no longer this consumer's. */
const persist = async <T>(
  { observe, log, pause }: Pick<Handling<never>, 'observe' | 'log' | 'pause'>,
  assignment: Assignment,
  isTransient: (error: unknown) => boolean,
  what: string,
  task: () => Promise<T>,
): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await task()
    } catch (error) {
      if (!isTransient(error)) throw error
      if (assignment.abandoned()) throw new Abandoned(`${what}: partitions lost while waiting`)
      observe.retried()
      const delayMs = backoffMs(attempt)
      log.warn({ err: error, attempt: attempt + 1, delayMs }, `${what}: waiting for a fault to pass`)
      await pause(delayMs)
    }
  }
}

/** @returns the records whose key is no longer held: they are to be handled. */
const park = async <Work>(
  handling: Handling<Work>,
  letters: readonly DeadLetter[],
  assignment: Assignment,
): Promise<ReadonlySet<ConsumedRecord>> => {
  const { store, publisher, catalogue, consumer, describePosition, observe, log } = handling
  if (assignment.abandoned()) throw new Abandoned('dead letter: partitions lost before it was set aside')
  const isTransient = (error: unknown) => store.isTransient(error)
  const parked = await persist(handling, assignment, isTransient, 'parking', () => store.park(letters))
  // The broker may be away as well. Only what is on its topic lets the record pass.
  const copies = parked.map((letter) =>
    deadLetterRecord(letter, catalogue.deadLetterTopic(letter.record.topic), consumer, describePosition),
  )
  const always = () => true
  if (copies.length > 0) await persist(handling, assignment, always, 'dead letter', () => publisher.publish(copies))
  for (const { id, record, failure } of parked) {
    observe.deadLettered(failure.kind)
    log.error({ ...failure, deadLetter: id, key: record.key }, 'dead letter')
  }
  const ids = new Set(parked.map((l) => l.id))
  return new Set(letters.flatMap((l) => (ids.has(l.id) ? [] : l.record)))
}

const handleChunk = async <Work>(handling: Handling<Work>, chunk: readonly Received[], assignment: Assignment): Promise<void> => {
  const { store, react, faults, log } = handling
  const messages = chunk.map((r) => r.message)
  const isTransient = (error: unknown) => store.isTransient(error)
  const handle = () =>
    persist(handling, assignment, isTransient, 'handling', async () => {
      const outcome = await store.handleOnce(messages, react)
      await faults?.pass('after-commit', typesOf(messages), keysOf(messages))
      return outcome
    })
  const firstAt = now()
  let failure: unknown
  try {
    return await settle(handling, await handle(), chunk, assignment)
  } catch (error) {
    if (error instanceof Abandoned) throw error
    failure = error
  }
  const [only, ...others] = chunk
  if (only !== undefined && others.length === 0)
    return await retryAlone(handling, { received: only, firstAt, firstError: failure, handle }, assignment)
  log.warn({ err: failure, messages: chunk.length }, 'a chunk failed: splitting it')
  const middle = Math.ceil(chunk.length / 2)
  await handleChunk(handling, chunk.slice(0, middle), assignment)
  await handleChunk(handling, chunk.slice(middle), assignment)
}

const settle = async <Work>(
  handling: Handling<Work>,
  outcome: Outcome,
  chunk: readonly Received[],
  assignment: Assignment,
): Promise<void> => {
  const { held, suspicious } = outcome
  const aside = new Set([...held, ...suspicious.map((s) => s.message)])
  const handled = chunk.flatMap((r) => (aside.has(r.message) ? [] : r.message))
  if (handled.length > 0) handling.observe.transaction(handled, outcome)
  if (suspicious.length > 0) await setAside(handling, suspicious, chunk, assignment)
  if (held.length > 0) await hold(handling, held, chunk, assignment)
}

/** Sets aside what was doubted; nothing waits behind it. */
const setAside = async <Work>(
  handling: Handling<Work>,
  suspicious: readonly Suspicious[],
  chunk: readonly Received[],
  assignment: Assignment,
): Promise<void> => {
  const records = new Map(
    chunk.map(({ message, record }) => [handledAs(message), record]).reverse() as [string, ConsumedRecord][],
  )
  await park(handling, suspiciousLetters(suspicious, records, handling.catalogue), assignment)
}

/** Sets aside what waits behind a dead letter of its key; what no longer has to wait is handled. */
const hold = async <Work>(
  handling: Handling<Work>,
  held: readonly Message[],
  chunk: readonly Received[],
  assignment: Assignment,
): Promise<void> => {
  const ids = new Set(held.map((m) => m.id))
  const waiting = chunk.filter((r) => ids.has(r.message.id))
  const released = await park(handling, heldBehind(waiting), assignment)
  const free = waiting.filter((r) => released.has(r.record))
  if (free.length > 0) await handleChunk(handling, free, assignment)
}

/** A message that failed as the only one of its chunk. */
interface Alone {
  readonly received: Received
  readonly firstAt: string
  readonly firstError: unknown
  readonly handle: () => Promise<Outcome>
}

const retryAlone = async <Work>(
  handling: Handling<Work>,
  { received, firstAt, firstError, handle }: Alone,
  assignment: Assignment,
): Promise<void> => {
  const { attemptsMax, pause } = handling
  let error = firstError
  for (let attempt = 1; attempt < attemptsMax; attempt++) {
    if (assignment.abandoned()) throw new Abandoned('partitions lost between attempts')
    await pause(backoffMs(attempt))
    try {
      return await settle(handling, await handle(), [received], assignment)
    } catch (again) {
      if (again instanceof Abandoned) throw again
      error = again
    }
  }
  const { message, record } = received
  const failure: Failure = {
    kind: 'failed',
    error: describe(error),
    attempts: attemptsMax,
    firstAt,
    lastAt: now(),
    eventId: message.id,
  }
  await park(handling, [letterOf(record, failure)], assignment)
}

const undecodable = (record: ConsumedRecord, { reason, id }: { readonly reason: string; readonly id?: string | undefined }) => {
  const at = now()
  return letterOf(record, { kind: 'undecodable', error: reason, attempts: 1, firstAt: at, lastAt: at, eventId: id })
}

const heldBehind = (waiting: readonly Received[]): readonly DeadLetter[] => {
  const at = now()
  const error = 'held behind an earlier dead letter of its key'
  return waiting.map(({ message, record }) =>
    letterOf(record, { kind: 'held', error, attempts: 0, firstAt: at, lastAt: at, eventId: message.id }),
  )
}

/** One line for people. */
export const describe = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

const typesOf = (messages: readonly Message[]): string[] => messages.map((m) => m.type)
const keysOf = (messages: readonly Message[]): string[] => messages.map((m) => m.key)

/** Passes the fault point that lies inside the transaction. */
export const reactThenPass =
  <Work>(react: React<Work>, faults: Faults | undefined): React<Work> =>
  async (work, fresh, doubt) => {
    const outgoing = await react(work, fresh, doubt)
    await faults?.pass('before-commit', typesOf(fresh), keysOf(fresh))
    return outgoing
  }
