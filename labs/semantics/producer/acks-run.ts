/** One mode of acknowledgement with a broker killed: the leader dies while its followers are behind. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { KafkaCluster } from '@shop/infra/embedded'
import { kafkaClient, kafkaTransport } from '@shop/transport-kafka'
import type { Booking } from '../../payments/counting.ts'
import { type Payment, recordOf } from '../../payments/payment.ts'
import { randomOf } from '../../random.ts'
import { insist } from './cut-run.ts'
import { kitSender, rawSender, type Sender } from './producers.ts'
import { bookedFrom } from './reading.ts'

export type AcksMode = '0' | '1' | 'all'

const openers: Readonly<Record<AcksMode, (client: Parameters<typeof kitSender>[0]) => Promise<Sender>>> = {
  0: (client) => rawSender(client, { acks: 0 }),
  1: (client) => rawSender(client, { acks: 1 }),
  all: kitSender,
}

export interface AcksRun {
  readonly mode: AcksMode
  readonly seed: number
  readonly payments: readonly Payment[]
  readonly cluster: KafkaCluster
}

const perBatch = 10
/**
 * The followers are paused for so long before the leader is killed. Otherwise they are behind for a millisecond or so, and a run that shows
 * it is luck. It is short of what would have the controllers give a broker up (3 s), and of the 30 s after which a follower that is behind no
 * longer counts.
 */
const behindMsMin = 600
/** On a slow machine it takes longer until some batches are acknowledged; of none that waits for the followers any is. */
const behindMsMax = 2_000
const acknowledgedEnough = 3
const pollMs = 20
const betweenBatchesMs = 5
/** So many batches are sent meanwhile, if they are answered; the rest comes to the new leader. */
const behindBatches = 10
const nodeIds = [1, 2, 3]

export const runAcks = async ({ mode, seed, payments, cluster }: AcksRun): Promise<Booking[]> => {
  for (const id of nodeIds) await cluster.broker(id).start() // the mode before has killed one
  const brokers = cluster.addresses
  const topic = `lab.acks-${mode}.${randomUUID().slice(0, 8)}`
  const transport = kafkaTransport({ brokers, clientId: 'lab' })
  const admin = transport.admin()
  const configEntries = { 'min.insync.replicas': '2' }
  await admin.createTopics([{ topic, partitions: 1, replicationFactor: 3, configEntries }]).finally(() => admin.close())
  const sender = await openers[mode]({ brokers, clientId: 'lab' })
  const batches = Array.from({ length: Math.ceil(payments.length / perBatch) }, (_, index) =>
    payments.slice(index * perBatch, (index + 1) * perBatch).map((payment) => recordOf(payment, topic)),
  )
  const killedAt = randomOf(seed ^ 0xac5).between(Math.floor(batches.length / 5), Math.floor((batches.length * 2) / 5))
  let killing: Promise<void> | undefined
  let acknowledged = 0
  const enough = () => acknowledged >= killedAt + acknowledgedEnough
  try {
    for (const [index, records] of batches.entries()) {
      if (index === killedAt) {
        killing = killLeader(cluster, await leaderOf(brokers, topic), enough)
        killing.catch(() => {}) // told where it is awaited
      }
      if (index === killedAt + behindBatches) await killing
      await insist(() => sender.send(records, index === batches.length - 1))
      acknowledged = index + 1
      await pause(betweenBatchesMs) // so that the followers' pause meets several of them
    }
    await killing
    return await bookedFrom(transport, topic)
  } finally {
    await killing?.catch(() => {})
    await sender.close()
  }
}

const leaderOf = async (brokers: readonly string[], topic: string): Promise<number> => {
  const nothing = () => {}
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
  const admin = kafkaClient({ brokers, clientId: 'lab', log }).admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions[0]?.leader ?? 0
  } finally {
    await admin.disconnect()
  }
}

const killLeader = async (cluster: KafkaCluster, leader: number, enough: () => boolean): Promise<void> => {
  const followers = nodeIds.filter((id) => id !== leader).map((id) => cluster.broker(id))
  for (const follower of followers) follower.pause()
  try {
    await pause(behindMsMin)
    for (let waitedMs = behindMsMin; waitedMs < behindMsMax && !enough(); waitedMs += pollMs) await pause(pollMs)
    await cluster.broker(leader).kill()
  } finally {
    for (const follower of followers) follower.resume()
  }
}
