import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '@shop/messaging/driver'
import { type ClientOptions, kafkaClient } from '../client.ts'
import { createTopics } from '../topics.ts'

/** The brokers that the tests run against. @throws Error when there are none: a test without its broker fails, it is not skipped. */
export const brokers = (): readonly string[] => {
  const list = process.env.KAFKA_BROKERS
  if (!list) throw new Error('KAFKA_BROKERS is not set: these tests need a Kafka broker')
  return list.split(',')
}

export interface LogLine {
  readonly level: string
  readonly details: object
  readonly message: string
}

/** A log that keeps its lines. */
export const keptLog = (): Log & { readonly lines: LogLine[] } => {
  const lines: LogLine[] = []
  const write = (level: string) => (details: object, message: string) => void lines.push({ level, details, message })
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** A client of its own, since two consumers of a group must not share one. */
export const client = (log: Log = keptLog(), route?: ClientOptions['route']) =>
  kafkaClient({ brokers: brokers(), clientId: 'test', log, ...(route && { route }) })

export const newName = (what: string): string => `test.${what}.${randomUUID()}`

export const newTopic = async (partitions = 6): Promise<string> => {
  const topic = newName('topic')
  await createTopics(client(), [{ topic, partitions }])
  return topic
}

/** Waits until `condition` holds. @throws Error naming `what` when it does not within `ms`. */
export const until = async (what: string, ms: number, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await pause(10)
  }
}
