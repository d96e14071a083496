/** The payments of a run, and the records in which they travel. */
import { type Catalogue, encode, type OutgoingRecord } from '@shop/messaging'
import { z } from 'zod'
import { randomOf } from '../random.ts'

export interface Payment {
  readonly id: string
  /** The key: what is paid from one account is to be booked in its order. */
  readonly account: string
  /** The how-manyeth of its account, from 1 on. */
  readonly sequence: number
  /** Minor units. */
  readonly amount: number
}

const accounts = 16
const amountMax = 10_000

/** PURE: the same seed gives the same payments. */
export const paymentsOf = (seed: number, count: number): Payment[] => {
  const random = randomOf(seed)
  const ids = Array.from({ length: accounts }, random.uuid)
  const latest = new Map<string, number>()
  return Array.from({ length: count }, () => {
    const account = random.pick(ids)
    const sequence = (latest.get(account) ?? 0) + 1
    latest.set(account, sequence)
    return { id: random.uuid(), account, sequence, amount: random.between(1, amountMax) }
  })
}

const type = 'PaymentOrdered'
const ceType = 'lab.PaymentOrdered.v1'
const source = '/lab'
const schema = z.object({ sequence: z.int().min(1), amount: z.int().min(1) })

/** What the kit has to know of the laboratory's one event. */
export const catalogueOf = (topic: string): Catalogue => ({
  address: () => ({ ceType, source, topic }),
  ceTypeOf: () => ceType,
  lookup: (given) => (given === ceType ? { type, schema, consumed: true, source, topic } : undefined),
  isOtherVersion: () => false,
  compensates: () => false,
  deadLetterTopic: (from) => `${from}.dead-letter`,
})

export const recordOf = ({ id, account, ...data }: Payment, topic: string): OutgoingRecord =>
  encode({ id, type, key: account, at: new Date().toISOString(), correlationId: id, data }, catalogueOf(topic))

/** A record as a client has it. */
export interface Received {
  readonly key: Buffer | string | null
  readonly value: Buffer | null
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

/** @throws when it is no payment of the laboratory */
export const paymentIn = ({ key, value, headers }: Received): Payment => ({
  id: String(headers?.ce_id),
  account: String(key),
  ...schema.parse(JSON.parse(String(value))),
})
