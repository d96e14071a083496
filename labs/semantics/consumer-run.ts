/** One mode of a consumer: payments are sent, consumers die at their moments one after the other, the last one finishes. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { TransportAdmin } from '@shop/messaging'
import { kafkaTransport } from '@shop/transport-kafka'
import type { Pool } from 'pg'
import { bookingsOf } from '../payments/bookings.ts'
import { type Payment, recordOf } from '../payments/payment.ts'
import type { ConsumerMode } from './consumer/settings.ts'
import { startConsumer } from './consumer-process.ts'
import type { Plan } from './moments.ts'
import { type Effects, readResults } from './results.ts'

export interface Servers {
  readonly brokers: readonly string[]
  readonly postgresUrl: string
  readonly pool: Pool
}

export interface ConsumerRun {
  readonly mode: ConsumerMode
  readonly payments: readonly Payment[]
  readonly plan: Plan
  readonly servers: Servers
}

const partitions = 3
const drainMsMax = 60_000
const pollMs = 100

export const runConsumers = async ({ mode, payments, plan, servers }: ConsumerRun): Promise<Effects> => {
  const { brokers, postgresUrl, pool } = servers
  const topic = `lab.${mode}.${randomUUID().slice(0, 8)}`
  const [resultTopic, groupId] = [`${topic}.booked`, topic]
  const transport = kafkaTransport({ brokers, clientId: 'lab' })
  const admin = transport.admin()
  const publisher = transport.publisher()
  const { moments, share } = plan
  try {
    await admin.createTopics([
      { topic, partitions },
      { topic: resultTopic, partitions: 1 },
    ])
    for (let life = 1; life <= moments.length + 1; life++) {
      const killedAt = moments[life - 1]
      const sent = payments.slice((life - 1) * share, killedAt === undefined ? undefined : life * share)
      await publisher.publish(sent.map((payment) => recordOf(payment, topic)))
      const consumer = startConsumer({ mode, brokers, postgresUrl, topic, resultTopic, groupId, life, killedAt })
      try {
        if (killedAt !== undefined) await consumer.killAtMoment()
        else {
          await drained(admin, groupId, topic)
          await consumer.stop()
        }
      } finally {
        await consumer.kill()
      }
    }
    return mode === 'transaction-topic'
      ? await readResults(transport, brokers, resultTopic)
      : { effects: await bookingsOf(pool, topic) }
  } finally {
    await publisher.close()
    await admin.close()
  }
}

/** Until all that was sent is acknowledged. @throws when it is not within a minute. */
const drained = async (admin: TransportAdmin, groupId: string, topic: string): Promise<void> => {
  const giveUpAt = Date.now() + drainMsMax
  for (;;) {
    const lag = (await admin.groupLag(groupId, [topic]))[topic] ?? 0
    if (lag === 0) return
    if (Date.now() > giveUpAt) throw new Error(`${lag} payments of ${topic} are not acknowledged after ${drainMsMax} ms`)
    await pause(pollMs)
  }
}
