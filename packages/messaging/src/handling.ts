import { setTimeout as pauseByTimer } from 'node:timers/promises'
import type { Catalogue } from './catalogue.ts'
import { deadLetter, type Failure } from './deadLetter.ts'
import { decode } from './envelope.ts'
import type { Faults } from './faults.ts'
import { Abandoned, type Assignment, type ConsumedRecord, type HandleRecords, type Publisher } from './kafka/port.ts'
import type { Log } from './log.ts'
import type { Message } from './message.ts'
import type { MessageStore, Outcome, React } from './store.ts'

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
  readonly store: Pick<MessageStore<Work>, 'handleOnce' | 'isTransient'>
  readonly react: React<Work>
  /** Takes the dead letters. */
  readonly publisher: Pick<Publisher, 'publish'>
  readonly log: Log
  readonly observe: Observer
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

/**
 * The way of records into a service: decode, handle once in one transaction, and let go only of what is durably handled or on its
 * dead-letter topic. A chunk that fails is split until the failing message stands alone. While a transient fault lasts, the whole
 * chunk waits; nothing is dead-lettered for it.
 */
export const recordHandler = <Work>(options: HandlingOptions<Work>): HandleRecords => {
  const { consumer, catalogue, store, publisher, log, observe, attemptsMax = 5, faults, pause = pauseByTimer } = options
  const react = faults ? reactThenPass(options.react, faults) : options.react

  /** Tries until it succeeds, fails for good, or the partitions are lost. */
  const persist = async <T>(
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

  const park = async (record: ConsumedRecord, failure: Failure, assignment: Assignment): Promise<void> => {
    if (assignment.abandoned()) throw new Abandoned('dead letter: partitions lost before it was sent')
    // The broker may be away as well. Only a letter that is on its topic lets the offset pass.
    await persist(
      assignment,
      () => true,
      'dead letter',
      () => publisher.publish([deadLetter(record, catalogue.deadLetterTopic(record.topic), consumer, failure)]),
    )
    observe.deadLettered(failure.kind)
    log.error(
      { ...failure, topic: record.topic, partition: record.partition, offset: record.offset, orderId: record.key },
      'dead letter',
    )
  }

  const handleChunk = async (chunk: readonly Received[], assignment: Assignment, blocked: Map<string, string>): Promise<void> => {
    const open: Received[] = []
    for (const received of chunk) {
      const behind = blocked.get(received.message.key)
      if (behind === undefined) open.push(received)
      else
        await park(
          received.record,
          {
            kind: 'held',
            error: `held behind ${behind}`,
            attempts: 0,
            firstAt: now(),
            lastAt: now(),
            eventId: received.message.id,
          },
          assignment,
        )
    }
    if (open.length === 0) return
    const messages = open.map((r) => r.message)
    const handle = () =>
      persist(
        assignment,
        (error) => store.isTransient(error),
        'handling',
        async () => {
          const outcome = await store.handleOnce(messages, react)
          await faults?.pass('after-commit', typesOf(messages))
          return outcome
        },
      )
    const firstAt = now()
    try {
      observe.transaction(messages, await handle())
      return
    } catch (error) {
      if (error instanceof Abandoned) throw error
      const [only, ...others] = open
      if (only !== undefined && others.length === 0) {
        await retryAlone(only, firstAt, error, handle, assignment, blocked)
        return
      }
      log.warn({ err: error, messages: open.length }, 'a chunk failed: splitting it')
    }
    const middle = Math.ceil(open.length / 2)
    await handleChunk(open.slice(0, middle), assignment, blocked)
    await handleChunk(open.slice(middle), assignment, blocked)
  }

  const retryAlone = async (
    { message, record }: Received,
    firstAt: string,
    firstError: unknown,
    handle: () => Promise<Outcome>,
    assignment: Assignment,
    blocked: Map<string, string>,
  ): Promise<void> => {
    let error = firstError
    for (let attempt = 1; attempt < attemptsMax; attempt++) {
      if (assignment.abandoned()) throw new Abandoned('partitions lost between attempts')
      await pause(backoffMs(attempt))
      try {
        observe.transaction([message], await handle())
        return
      } catch (again) {
        if (again instanceof Abandoned) throw again
        error = again
      }
    }
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    await park(
      record,
      { kind: 'failed', error: text, attempts: attemptsMax, firstAt, lastAt: now(), eventId: message.id },
      assignment,
    )
    blocked.set(message.key, message.id)
  }

  return async (records, assignment) => {
    const received: Received[] = []
    for (const record of records) {
      const decoded = decode(record, catalogue)
      if (decoded.kind === 'message') received.push({ message: decoded.message, record })
      if (decoded.kind === 'undecodable') {
        const at = now()
        await park(
          record,
          { kind: 'undecodable', error: decoded.reason, attempts: 1, firstAt: at, lastAt: at, eventId: decoded.id },
          assignment,
        )
      }
    }
    if (received.length === 0) return
    const types = typesOf(received.map((r) => r.message))
    await faults?.pass('after-receive', types)
    await handleChunk(received, assignment, new Map())
    await faults?.pass('before-offset-commit', types)
  }
}

const typesOf = (messages: readonly Message[]): string[] => messages.map((m) => m.type)

/** Passes the fault point that lies inside the transaction. */
const reactThenPass =
  <Work>(react: React<Work>, faults: Faults): React<Work> =>
  async (work, fresh) => {
    const outgoing = await react(work, fresh)
    await faults.pass('before-commit', typesOf(fresh))
    return outgoing
  }

const now = (): string => new Date().toISOString()
