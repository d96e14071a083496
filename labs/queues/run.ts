import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createPool } from '@shop/store-postgres'
import type { Pool } from 'pg'
import { bookingsOf, prepareBookings } from '../payments/bookings.ts'
import { type Payment, paymentsOf } from '../payments/payment.ts'
import { type Random, randomOf } from '../random.ts'
import { type Row, rowOf } from '../semantics/row.ts'
import { booksEach, booksOnce, prepareInbox } from './booking.ts'
import { openClient } from './connection.ts'
import { startConsumer } from './consuming.ts'
import { type QueueMode, queueModes } from './modes.ts'
import { publishAll, publishConfirmed, publishUnconfirmed } from './producing.ts'

export interface QueueAddresses {
  readonly url: string
  readonly postgresUrl: string
}

export interface QueueExperiment {
  readonly seed: number
  /** In each mode. */
  readonly payments: number
  /** Consumers or connections that die in each mode. */
  readonly kills: number
  readonly modes: readonly QueueMode[]
  readonly say: (line: string) => void
}

/** One mode on one queue of its own. */
interface Trial {
  readonly url: string
  readonly pool: Pool
  readonly queue: string
  readonly payments: readonly Payment[]
  readonly kills: number
  readonly random: Random
}

const quorum = { 'x-queue-type': 'quorum' }
const deliveryLimit = 5
const drainMsMax = 60_000
const poisonWatchMs = 2_000

const withChannel = async <T>(
  url: string,
  act: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof openClient>>['model']['createChannel']>>) => Promise<T>,
): Promise<T> => {
  const client = await openClient(url)
  try {
    return await act(await client.model.createChannel())
  } finally {
    await client.close()
  }
}

const declare = ({ url, queue }: Trial, settings: object = quorum) =>
  withChannel(url, (channel) => channel.assertQueue(queue, { arguments: settings }))

const sharesOf = ({ payments, kills }: Trial): Payment[][] => {
  const size = Math.ceil(payments.length / (kills + 1))
  return Array.from({ length: kills + 1 }, (_, i) => payments.slice(i * size, (i + 1) * size))
}

/** Until nothing waits, twice in a row; what a consumer holds it is done with when it is stopped. @throws when that is not within a minute */
const drained = ({ url, queue }: Pick<Trial, 'url' | 'queue'>) =>
  withChannel(url, async (channel) => {
    const giveUpAt = performance.now() + drainMsMax
    for (let empty = 0; empty < 2; await pause(100)) {
      const { messageCount } = await channel.checkQueue(queue)
      empty = messageCount === 0 ? empty + 1 : 0
      if (performance.now() > giveUpAt) throw new Error(`${messageCount} messages wait in ${queue} after ${drainMsMax} ms`)
    }
  })

/** One consumer after the other, each dying at a moment of its share; the last one lives. */
const dyingConsumers = async (trial: Trial, { autoAck = false, once = false }): Promise<void> => {
  await declare(trial)
  const book = (once ? booksOnce : booksEach)(trial.pool, trial.queue)
  for (const [index, share] of sharesOf(trial).entries()) {
    await publishAll(trial.url, trial.queue, share)
    const isLast = index === trial.kills
    const diesAfter = isLast ? undefined : trial.random.between(5, share.length - 10)
    const consumer = await startConsumer({ ...trial, book, life: index + 1, diesAfter, autoAck })
    if (isLast) await drained(trial)
    else await consumer.died
    await consumer.stop()
  }
}

const consumeAll = async (trial: Trial): Promise<void> => {
  const consumer = await startConsumer({ ...trial, book: booksEach(trial.pool, trial.queue), life: 1 })
  await drained(trial)
  await consumer.stop()
}

const cutProducer = async (trial: Trial, publish: typeof publishConfirmed): Promise<void> => {
  await declare(trial)
  await publish(trial.url, trial.queue, sharesOf(trial))
  await consumeAll(trial)
}

/** Two at a queue; one takes its time for some payments. */
const twoConsumers = async (trial: Trial, isSingleActive: boolean): Promise<void> => {
  await declare(trial, isSingleActive ? { ...quorum, 'x-single-active-consumer': true } : quorum)
  await publishAll(trial.url, trial.queue, trial.payments)
  const both = { ...trial, book: booksEach(trial.pool, trial.queue), delayMs: ({ amount }: Payment) => amount % 4 }
  const diesAfter = isSingleActive ? trial.random.between(20, Math.floor(trial.payments.length / 2)) : undefined
  const first = await startConsumer({ ...both, life: 1, diesAfter })
  const second = await startConsumer({ ...both, life: 2 })
  await drained(trial)
  await Promise.all([first.stop(), second.stop()])
}

/** @returns the payments but the poison. @throws when the limit did not put the poison aside */
const poisoned = async (trial: Trial, isLimited: boolean): Promise<readonly Payment[]> => {
  const { url, queue, payments } = trial
  const dead = `${queue}.dead`
  const limit = { ...quorum, 'x-delivery-limit': deliveryLimit, 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead }
  // A classic queue has no limit in any release.
  await declare(trial, isLimited ? limit : {})
  await withChannel(url, (channel) => channel.assertQueue(dead, { arguments: quorum }))
  await publishAll(url, queue, payments)
  const poison = payments[Math.floor(payments.length / 2)]?.id
  const book = booksEach(trial.pool, queue)
  const consumer = await startConsumer({ ...trial, book, life: 1, poison, prefetch: 1 })
  if (isLimited) await drained(trial)
  else await pause(poisonWatchMs)
  await consumer.stop()
  const { messageCount } = await withChannel(url, (channel) => channel.checkQueue(dead))
  if (messageCount !== (isLimited ? 1 : 0)) throw new Error(`${messageCount} dead letters`)
  if (consumer.refusals() < deliveryLimit) throw new Error(`the poison was delivered ${consumer.refusals()} times`)
  return payments.filter(({ id }) => id !== poison)
}

/** An effect is expected of all payments. */
const ofAll =
  (act: (trial: Trial) => Promise<void>) =>
  async (trial: Trial): Promise<readonly Payment[]> => {
    await act(trial)
    return trial.payments
  }

/** @returns the payments of which an effect is expected */
const runs: Readonly<Record<QueueMode, (trial: Trial) => Promise<readonly Payment[]>>> = {
  'auto-ack': ofAll((trial) => dyingConsumers(trial, { autoAck: true })),
  'ack-after': ofAll((trial) => dyingConsumers(trial, {})),
  inbox: ofAll((trial) => dyingConsumers(trial, { once: true })),
  'confirms-off': ofAll((trial) => cutProducer(trial, publishUnconfirmed)),
  'confirms-on': ofAll((trial) => cutProducer(trial, publishConfirmed)),
  competing: ofAll((trial) => twoConsumers(trial, false)),
  'single-active': ofAll((trial) => twoConsumers(trial, true)),
  'poison-for-ever': (trial) => poisoned(trial, false),
  'poison-limited': (trial) => poisoned(trial, true),
}

export const measureQueues = async (of: QueueExperiment, { url, postgresUrl }: QueueAddresses): Promise<readonly Row[]> => {
  const pool = createPool({ connectionString: postgresUrl, applicationName: 'lab', connectionsMax: 5, onIdleError: () => {} })
  try {
    await prepareBookings(pool)
    await prepareInbox(pool)
    const rows: Row[] = []
    for (const mode of of.modes) {
      of.say(queueModes[mode].title)
      const payments = paymentsOf(of.seed, of.payments)
      const queue = `lab.${mode}.${randomUUID().slice(0, 8)}`
      const trial = { url, pool, queue, payments, kills: of.kills, random: randomOf(of.seed) }
      const expected = await runs[mode](trial)
      rows.push(rowOf(mode, queueModes[mode], expected, await bookingsOf(pool, queue)))
    }
    return rows
  } finally {
    await pool.end()
  }
}
