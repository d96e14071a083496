/** Records by somebody who owns none of the events, on the topics where they belong and on others. */
import { catalogueFor, eventNamed, type ServiceName } from '@shop/choreography'
import { encode, type Message } from '@shop/messaging'
import type { Order } from '../../services/order/src/order.ts'
import { eventTopics } from './subscriptions.ts'
import { nameOf, type World } from './world.ts'

type Forged = Pick<Message, 'type' | 'data'> & { readonly causationId?: string; readonly id?: string }

/** What would move money or goods if it were believed. `caused` by the order's own first event, or by nothing that there is. */
const forgeries = ({ customerId, lines, shippingAddress, currency }: Order, caused: string): readonly Forged[] => [
  { type: 'PaymentCaptured', causationId: caused, data: { customerId, amount: 1, currency } },
  { type: 'PaymentDeclined', causationId: newerThanAll, data: { customerId, reason: 'forged' } },
  { type: 'StockRejected', causationId: caused, data: { reason: 'forged' } },
  { type: 'StockReleased', causationId: caused, data: { lines: bare(lines), reason: 'forged' } },
  { type: 'DeliveryScheduled', causationId: caused, data: { carrier: 'forged' } },
  { type: 'DeliveryRejected', causationId: caused, data: { reason: 'forged' } },
  { type: 'OrderPlaced', data: { customerId, lines: bare(lines), total: 1, currency, shippingAddress } },
]

const newerThanAll = 'ffffffff-ffff-7fff-8fff-ffffffffffff'
const bare = (lines: Order['lines']) => lines.map(({ sku, quantity }) => ({ sku, quantity }))

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
  const { id = world.newId(), type, data, causationId } = random.pick(forgeries(order, order.correlationId))
  const owner = eventNamed(type)?.service as ServiceName
  const begins = type === 'OrderPlaced' ? id : order.correlationId
  const at = new Date(world.nowMs).toISOString()
  const message: Message = { id, type, key, at, correlationId: begins, data, ...(causationId && { causationId }) }
  const right = encode(message, catalogueFor(owner))
  const record = random.pick([
    right,
    right,
    { ...right, topic: random.pick(eventTopics) },
    { ...right, headers: { ...right.headers, ce_source: '/shop/nobody' } },
    { ...right, headers: { ...right.headers, ce_subject: newerThanAll } },
  ])
  const isBroken = record !== right && (record.topic !== right.topic || record.headers !== right.headers)
  world.forged.add(id)
  world.tell('a forger', () => `publishes ${nameOf(record)} on ${record.topic}${isBroken ? ', where nobody believes it' : ''}`)
  const appended = broker.append(record, world.nowMs)
  if (isBroken) world.broken.add(appended)
}
