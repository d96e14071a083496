/** Records by somebody who owns none of the events, on the topics where they belong and on others. */
import { eventNamed, type ServiceName } from '@shop/choreography'
import { encode, type Message } from '@shop/messaging'
import type { Order } from '../../services/order/src/order.ts'
import { catalogueOf, eventTopics } from './subscriptions.ts'
import { nameOf, type World } from './world.ts'

type Forged = Pick<Message, 'type' | 'data'> & {
  readonly causationId?: string
  readonly id?: string
  readonly correlationId?: string
}

/** The ids of what was told of the order, by type: whoever reads the topics knows them. */
type Told = ReadonlyMap<string, string>

/** What would move money or goods if it were believed, and contradicts what its consumers know. */
const contradicting = ({ customerId, lines, shippingAddress, currency, total, correlationId }: Order): readonly Forged[] => {
  const caused = { causationId: correlationId }
  const many = bare(lines).map(({ sku, quantity }) => ({ sku, quantity: quantity + 1 }))
  return [
    { type: 'PaymentCaptured', ...caused, data: { customerId, amount: 1, currency } },
    { type: 'PaymentCaptured', causationId: newerThanAll, data: { customerId, amount: total, currency } },
    { type: 'PaymentDeclined', causationId: newerThanAll, data: { customerId, reason: 'forged' } },
    { type: 'PaymentRefunded', ...caused, data: { customerId, amount: 1, currency, reason: 'forged' } },
    { type: 'StockReserved', ...caused, data: { lines: many } },
    { type: 'StockReserved', ...caused, correlationId: newerThanAll, data: { lines: bare(lines) } },
    { type: 'StockRejected', ...caused, data: { reason: 'forged' } },
    { type: 'StockReleased', ...caused, data: { lines: bare(lines), reason: 'forged' } },
    { type: 'DeliveryScheduled', ...caused, data: { carrier: 'forged' } },
    { type: 'DeliveryRejected', ...caused, data: { reason: 'forged' } },
    { type: 'OrderPlaced', data: { customerId, lines: bare(lines), total: 1, currency, shippingAddress } },
    { type: 'OrderPlaced', data: { customerId, lines: bare(lines), total, currency, shippingAddress } },
  ]
}

/** What contradicts nothing: only that it stands where its owner does not write, or not as its owner, shows it. */
const agreeing = ({ customerId, total, currency, correlationId }: Order, told: Told): readonly Forged[] => [
  { type: 'PaymentCaptured', causationId: correlationId, data: { customerId, amount: total, currency } },
  { type: 'PaymentDeclined', causationId: correlationId, data: { customerId, reason: 'forged' } },
  { type: 'StockRejected', causationId: told.get('PaymentCaptured') ?? correlationId, data: { reason: 'forged' } },
  { type: 'DeliveryScheduled', causationId: told.get('StockReserved') ?? correlationId, data: { carrier: 'forged' } },
  { type: 'DeliveryRejected', causationId: told.get('StockReserved') ?? correlationId, data: { reason: 'forged' } },
  { type: 'OrderCancellationRequested', data: { cause: 'forged' } },
  { type: 'OrderConfirmed', causationId: told.get('DeliveryScheduled') ?? correlationId, data: { customerId, total, currency } },
]

const newerThanAll = 'ffffffff-ffff-7fff-8fff-ffffffffffff'
const bare = (lines: Order['lines']) => lines.map(({ sku, quantity }) => ({ sku, quantity }))

type Encoded = ReturnType<typeof encode>

/** The record as somebody would write it who is not the event's owner. */
const misplaced = ({ random }: World, right: Encoded): Encoded =>
  random.pick([
    { ...right, topic: random.pick(eventTopics.filter((topic) => topic !== right.topic)) },
    { ...right, headers: { ...right.headers, ce_source: '/shop/nobody' } },
    { ...right, headers: { ...right.headers, ce_subject: newerThanAll } },
  ])

const toldOf = ({ broker }: World, key: string): Told =>
  new Map(
    eventTopics
      .flatMap((topic) => broker.partitions(topic).flatMap((p) => p.records))
      .filter((r) => r.key === key)
      .map((r) => [r.headers.ce_type?.split('.')[2] ?? '', r.headers.ce_id ?? '']),
  )

/** Forges a record about an order whose first event is on its topic: one that comes before that can only be kept away by access control. */
export const forge = (world: World): void => {
  const { random, broker, databases } = world
  const placed = broker
    .partitions('shop.order')
    .flatMap((p) => p.records.filter((r) => r.headers.ce_type?.includes('OrderPlaced')))
  if (placed.length === 0) return
  const { key } = random.pick(placed)
  const order = databases.order.documents.get(key ?? '')?.state
  if (key === null || order === undefined) return
  const isMisplaced = random.chance(0.5)
  const forged = isMisplaced ? [...agreeing(order, toldOf(world, key)), ...contradicting(order)] : contradicting(order)
  const { id = world.newId(), type, data, causationId, correlationId } = random.pick(forged)
  const owner = eventNamed(type)?.service as ServiceName
  const begins = correlationId ?? (type === 'OrderPlaced' ? id : order.correlationId)
  const at = new Date(world.nowMs).toISOString()
  const message: Message = { id, type, key, at, correlationId: begins, data, ...(causationId && { causationId }) }
  const right = encode(message, catalogueOf(owner))
  const record = isMisplaced ? misplaced(world, right) : right
  world.forged.set(id, type)
  world.tell('a forger', () => `publishes ${nameOf(record)} on ${record.topic}${isMisplaced ? ', where nobody believes it' : ''}`)
  const appended = broker.append(record, world.nowMs)
  if (isMisplaced) world.broken.add(appended)
}
