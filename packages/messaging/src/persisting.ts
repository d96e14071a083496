import { setTimeout as pauseByTimer } from 'node:timers/promises'
import type { Catalogue } from './catalogue.ts'
import type { DescribePosition, Failure } from './dead-letter.ts'
import type { Faults } from './fault-points.ts'
import type { Log } from './log.ts'
import type { Message } from './message.ts'
import type { MessageStore, Outcome, React } from './store.ts'
import { Abandoned, type Assignment, type Publisher } from './transport.ts'

/** What is told of each chunk, for metrics. */
export interface Observer {
  /** One transaction has been committed. */
  transaction(messages: readonly Message[], outcome: Outcome): void
  deadLettered(reason: Failure['kind']): void
  retried(): void
  /** An event of an unknown type was passed over. */
  passedOver(): void
}

export interface HandlingOptions<Work> {
  /** The consumer's name: in the dead letters' headers. */
  readonly consumer: string
  readonly catalogue: Catalogue
  readonly store: Pick<MessageStore<Work>, 'handleOnce' | 'park' | 'letters' | 'discard' | 'isTransient'>
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

const retryDelayMsMin = 50
const retryDelayMsMax = 5_000

/** Capped exponential backoff with full jitter. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export const backoffMs = (attempt: number): number =>
  Math.random() * Math.min(retryDelayMsMax, retryDelayMsMin * 2 ** Math.min(attempt, 10)) + 10

/** What the steps of one handler share. */
export interface Handling<Work> extends HandlingOptions<Work> {
  readonly attemptsMax: number
  readonly pause: (ms: number) => Promise<unknown>
  readonly describePosition: DescribePosition
}

/** With what is left out. */
export const handlingOf = <Work>(options: HandlingOptions<Work>): Handling<Work> => ({
  ...options,
  attemptsMax: options.attemptsMax ?? 5,
  pause: options.pause ?? pauseByTimer,
  describePosition: options.describePosition ?? ((position) => ({ position })),
})

/** Tries until it succeeds, fails for good, or the records are no longer this consumer's. */
export const persist = async <T>(
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

/** One line for people. */
export const describe = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
