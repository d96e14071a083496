/** Writes records as somebody who owns none of the events, and looks for what the services made of them. */
import { catalogueFor, eventNamed, type ServiceName } from '@shop/choreography'
import { encode, newId } from '@shop/messaging'
import { kafkaTransport } from '@shop/transport-kafka'
import { expect, inject } from 'vitest'
import { balance, check, ended, eventually, type OrderView, place, readOrder, request, steps, stock } from './shop.ts'

const { token } = inject('admin')
const transport = kafkaTransport({ brokers: inject('backends').kafkaBrokers.split(','), clientId: 'forgery' })
const publisher = transport.publisher()
/** Once, in the file that forges. */
export const closeForger = () => publisher.close()

export interface Forged {
  readonly key: string
  readonly type: string
  readonly data: object
  readonly id?: string
  readonly correlationId?: string
  readonly causationId?: string
}
/** What of the record is not as the event's owner would write it. */
export interface Wrong {
  readonly topic?: string
  readonly headers?: Record<string, string>
}

export const forge = async (event: Forged, { topic, headers }: Wrong = {}): Promise<string> => {
  const owner = eventNamed(event.type)?.service as ServiceName
  const id = event.id ?? newId()
  const at = new Date().toISOString()
  const message = { id, at, correlationId: id, ...event }
  const record = encode(message, catalogueFor(owner))
  await publisher.publish([{ ...record, topic: topic ?? record.topic, headers: { ...record.headers, ...headers } }])
  return id
}

interface Letter {
  readonly kind: string
  readonly eventId?: string
  readonly error: string
}
const lettersOf = async (service: ServiceName, key: string): Promise<readonly Letter[]> => {
  const headers = { authorization: `Bearer ${token}` }
  const path = `/admin/dead-letters?limit=1000&key=${key}`
  return (await request<{ deadLetters: Letter[] }>(service, path, { headers })).body.deadLetters
}
/** The letter that a service made of a forged event. */
export const letter = async (service: ServiceName, key: string, eventId: string, kind: 'suspicious' | 'undecodable') => {
  const letters = await eventually(
    () => lettersOf(service, key),
    (all) => all.some((l) => l.eventId === eventId),
  )
  expect(letters.find((l) => l.eventId === eventId)).toMatchObject({ kind })
}

export const eventId = (order: OrderView, type: string): string => order.history.find((h) => h.type === type)?.eventId ?? ''
export const moneyOf = (order: OrderView, amount = order.total) => ({ customerId: 'alice', amount, currency: order.currency })
export const heard = (orderId: string, type: string) =>
  eventually(
    () => readOrder(orderId),
    (o) => steps(o).includes(type),
  )

/** Goods, and money of alice, once all that was ordered before has come to rest. */
export const possessions = async () => {
  const goods = await eventually(
    () => stock('keyboard'),
    (s) => s.reserved === 0,
  )
  return { onHand: goods.onHand, money: await balance('alice') }
}

/** All that a customer has is as it was, or one confirmed order less. */
export const expectCost = async (before: { onHand: number; money: number }, cost: { money: number; goods: number }) =>
  expect(await possessions()).toEqual({ onHand: before.onHand - cost.goods, money: before.money - cost.money })

export const confirmed = async (): Promise<OrderView> => {
  const { orderId } = await place()
  const order = await ended(orderId)
  expect(order.status).toBe('CONFIRMED')
  return order
}

export const isSound = async () => {
  const { code, output } = await check('--wait', '30')
  expect(code, output).toBe(0)
}
