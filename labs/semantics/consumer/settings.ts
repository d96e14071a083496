/** What a consumer is told when it begins, as JSON on its command line. */
import type { Moment } from '../moments.ts'

export type ConsumerMode =
  | 'commit-first'
  | 'commit-after'
  | 'auto-commit'
  | 'auto-commit-handed-over'
  | 'transaction-topic'
  | 'transaction-database'
  | 'inbox'

export interface ConsumerSettings {
  readonly mode: ConsumerMode
  readonly brokers: readonly string[]
  readonly postgresUrl: string
  readonly topic: string
  /** Where `transaction-topic` has its effects. */
  readonly resultTopic: string
  readonly groupId: string
  /** From 1 on. */
  readonly life: number
  /** Absent: it lives until it is told to stop. */
  readonly killedAt?: Moment | undefined
}

/** From the consumer to the laboratory: it stands at its moment and waits for its end. */
export const atMoment = 'at-moment'
/** From the laboratory to the consumer: end in order. */
export const stopNow = 'stop'

/** A consumer that was killed keeps its partitions for so long. */
export const sessionTimeoutMs = 1_500
export const heartbeatIntervalMs = 300
/** Most records that are handled between two acknowledgements, where a mode acknowledges after several. */
export const chunk = 20
export const autoCommitIntervalMs = 200
