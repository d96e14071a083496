/** One mode of a producer whose connection is cut: an answer is lost, or a request. */
import { randomUUID } from 'node:crypto'
import { kafkaTransport } from '@shop/transport-kafka'
import type { Booking } from '../../payments/counting.ts'
import { type Payment, recordOf } from '../../payments/payment.ts'
import { randomOf } from '../../random.ts'
import { cuttingProxy, type Direction } from './cutting-proxy.ts'
import { kitSender, rawSender, type Sender } from './producers.ts'
import { bookedFrom } from './reading.ts'

export type CutMode = 'plain' | 'in-flight' | 'idempotent' | 'kit'

interface Way {
  readonly cut: Direction
  /** Batches under way at once. */
  readonly inFlight: number
  readonly open: (client: Parameters<typeof kitSender>[0]) => Promise<Sender>
}

const ways: Readonly<Record<CutMode, Way>> = {
  plain: { cut: 'response', inFlight: 1, open: (client) => rawSender(client, { acks: -1 }) },
  'in-flight': { cut: 'request', inFlight: 5, open: (client) => rawSender(client, { acks: -1 }) },
  idempotent: { cut: 'response', inFlight: 1, open: (client) => rawSender(client, { acks: -1, idempotent: true }) },
  kit: { cut: 'response', inFlight: 1, open: kitSender },
}

export interface CutRun {
  readonly mode: CutMode
  readonly seed: number
  readonly payments: readonly Payment[]
  readonly cuts: number
  readonly brokers: readonly string[]
}

const perBatch = 10
const attemptsMax = 10

/** PURE: the batches at which the connection is cut: one in each stretch of equal length, never the first. */
export const cutsAt = (seed: number, batches: number, cuts: number): ReadonlySet<number> => {
  const random = randomOf(seed ^ 0xc07)
  const stretch = Math.floor((batches - 1) / cuts)
  return new Set(Array.from({ length: cuts }, (_, index) => 1 + index * stretch + random.between(0, stretch - 1)))
}

/** @throws when fewer connections were cut than planned: nothing would be shown then. */
export const runCuts = async ({ mode, seed, payments, cuts, brokers }: CutRun): Promise<Booking[]> => {
  const { cut, inFlight, open } = ways[mode]
  const topic = `lab.producer-${mode}.${randomUUID().slice(0, 8)}`
  const transport = kafkaTransport({ brokers, clientId: 'lab' })
  const admin = transport.admin()
  await admin.createTopics([{ topic, partitions: 3 }]).finally(() => admin.close())
  const proxy = await cuttingProxy(brokers[0] ?? '')
  const sender = await open({ brokers, clientId: 'lab', route: proxy.route })
  const batches = Array.from({ length: Math.ceil(payments.length / perBatch) }, (_, index) =>
    payments.slice(index * perBatch, (index + 1) * perBatch).map((payment) => recordOf(payment, topic)),
  )
  const places = cutsAt(seed, batches.length, cuts)
  const waiting = [...batches.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, records] = next
      if (places.has(index)) proxy.cutAtNext(cut)
      await insist(() => sender.send(records))
    }
  }
  try {
    await Promise.all(Array.from({ length: inFlight }, work))
    if (proxy.cuts() < cuts) throw new Error(`${proxy.cuts()} of ${cuts} connections were cut`)
    return await bookedFrom(transport, topic)
  } finally {
    await sender.close()
    await proxy.close()
  }
}

/** As whoever has something to send does: until the producer says that it is sent. @throws the last error after 10 attempts */
export const insist = async (attempt: () => Promise<void>): Promise<void> => {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt()
    } catch (error) {
      if (attempts === attemptsMax) throw error
    }
  }
}
