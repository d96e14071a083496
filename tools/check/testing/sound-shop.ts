/** A small shop in which everything is right: simulates the sagas of a few orders of every outcome. For the checker's own tests. */
import { consumedBy, eventNamed, serviceNames, subscriptionsOf, topicOf } from '@shop/choreography'
import { fingerprintOf } from '../../../services/order/src/new-order.ts'
import { customerAccount, funding, revenue } from '../../../services/payment/src/payment.ts'
import { emptyFile, type OrderFile, placeOf, type Snapshot } from '../snapshot.ts'

export const outcomes = [
  'confirmed',
  'declined',
  'out-of-stock',
  'not-served',
  'cancelled-in-flight',
  'cancellation-refused',
  'placed-with-key',
] as const
export type Outcome = (typeof outcomes)[number]

type Mutable<T> = T extends ReadonlySet<infer E> ? Set<E> : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T

/** As Snapshot, but open to change, so that a test can plant a defect. */
export interface MutableShop {
  shop: Omit<Mutable<Snapshot['shop']>, 'inboxes' | 'topics'> & {
    inboxes: Record<'payment' | 'inventory', Set<string>>
    topics: NonNullable<Mutable<Snapshot['shop']['topics']>>
  }
  orders: (Mutable<OrderFile> & { outcome: Outcome })[]
}

const opening = 1_000_000
const price = 4_990
const currency = 'EUR'
const customerId = 'alice'
const partitions = 6

const hex = (n: number, length: number): string => n.toString(16).padStart(length, '0')

class Simulation {
  readonly shop: MutableShop
  #events = 0
  #entries = 0
  readonly #ends = new Map<string, number>()

  constructor() {
    const deposit = { transactionId: this.#id(), kind: 'deposit', currency }
    this.shop = {
      shop: {
        accounts: [{ customerId, balance: opening, currency }],
        deposits: [
          { entry: ++this.#entries, ...deposit, account: funding, amount: -opening },
          { entry: ++this.#entries, ...deposit, account: customerAccount(customerId), amount: opening },
        ],
        stock: [{ sku: 'keyboard', onHand: 100, reserved: 0, issued: 0, received: 100 }],
        inboxes: { payment: new Set(), inventory: new Set() },
        topics: { recordCount: 0, deadLetters: [], undecodable: [] },
      },
      orders: [],
    }
  }

  /** UUIDv7, one millisecond after the one before. */
  #id(): string {
    const ms = hex(Date.parse('2026-01-01T00:00:00Z') + ++this.#events, 12)
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${hex(this.#events, 12)}`
  }

  place(outcome: Outcome): void {
    const withKey = outcome === 'placed-with-key'
    const number = this.shop.orders.length + 1
    const orderId = `${hex(number, 8)}-0000-${withKey ? '8' : '4'}000-8000-${hex(number, 12)}`
    const file: MutableShop['orders'][number] = { ...(emptyFile(orderId) as Mutable<OrderFile>), outcome }
    this.shop.orders.push(file)
    const lines = [{ sku: 'keyboard', quantity: 2 }]
    const shippingAddress = { name: 'A', street: 'B', city: 'C', postalCode: 'D', country: 'DE' }
    const total = 2 * price
    const fingerprint = withKey ? { fingerprint: fingerprintOf({ customerId, lines, shippingAddress }) } : {}
    const at = '2026-01-01T00:00:00.000Z'
    file.order = {
      ...{ status: 'PENDING', customerId, total, currency, shippingAddress, history: [], correlationId: '', ...fingerprint },
      ...{ placedAt: at, deadlineAt: at, lines: lines.map((l) => ({ ...l, unitPrice: price })) },
    }
    this.#run(file, file.order)
  }

  #run(file: MutableShop['orders'][number], order: NonNullable<MutableShop['orders'][number]['order']>): void {
    const { outcome } = file
    const { total, lines: priced } = order
    const lines = priced.map(({ sku, quantity }) => ({ sku, quantity }))
    const money = { customerId, amount: total, currency }
    const tell = (type: string, data: object, causationId?: string) => this.#tell(file, type, data, causationId)
    const end = (status: 'CONFIRMED' | 'CANCELLED', cause: string, reason?: string) => {
      tell(status === 'CONFIRMED' ? 'OrderConfirmed' : 'OrderCancelled', { customerId, total, currency, reason }, cause)
      order.status = status
      file.notification = { kind: status === 'CONFIRMED' ? 'order-confirmed' : 'order-cancelled' }
    }
    const placed = tell('OrderPlaced', { customerId, lines, total, currency })
    file.reservation = { lines }
    file.shipment = {}
    if (outcome === 'declined') {
      file.payment = { status: 'DECLINED', ...money, reason: 'insufficient_funds' }
      end('CANCELLED', tell('PaymentDeclined', { customerId, reason: 'insufficient_funds' }, placed), 'insufficient_funds')
      return
    }
    file.payment = { status: 'CAPTURED', ...money }
    const captured = tell('PaymentCaptured', money, placed)
    this.#book(file, captured, 'capture', total)
    const refund = (cause: string, reason: string) => {
      file.payment = { status: 'REFUNDED', ...money, reason }
      const refunded = tell('PaymentRefunded', { ...money, reason }, cause)
      this.#book(file, refunded, 'refund', -total)
      end('CANCELLED', refunded, reason)
    }
    if (outcome === 'out-of-stock') {
      file.reservation = { lines, status: 'REJECTED', reason: 'out_of_stock' }
      refund(tell('StockRejected', { reason: 'out_of_stock' }, captured), 'out_of_stock')
      return
    }
    if (outcome === 'cancelled-in-flight') {
      order.cancellationRequestedBy = 'customer'
      tell('OrderCancellationRequested', { cause: 'customer' })
    }
    const reserved = tell('StockReserved', { lines }, captured)
    if (outcome === 'not-served' || outcome === 'cancelled-in-flight') {
      const reason = outcome === 'not-served' ? 'address_not_served' : 'order_cancelled'
      file.shipment = { status: 'REJECTED', reason }
      const rejected = tell('DeliveryRejected', { reason }, reserved)
      file.reservation = { lines, status: 'RELEASED', reason }
      refund(tell('StockReleased', { lines, reason }, rejected), reason)
      return
    }
    file.shipment = { status: 'SCHEDULED', carrier: 'Stadtbote' }
    const scheduled = tell('DeliveryScheduled', { carrier: 'Stadtbote' }, reserved)
    if (outcome === 'cancellation-refused') {
      tell('OrderCancellationRequested', { cause: 'customer' })
      order.cancellationRequestedBy = 'customer'
      order.cancellationRefused = true
    }
    file.reservation = { lines, status: 'ISSUED' }
    for (const stock of this.shop.shop.stock) {
      stock.onHand -= 2
      stock.issued += 2
    }
    end('CONFIRMED', scheduled)
  }

  /** Stores the event, puts it on its topic and lets all its consumers handle it. */
  #tell(file: MutableShop['orders'][number], type: string, data: object, causationId?: string): string {
    const definition = eventNamed(type)
    if (definition === undefined || file.order === undefined) throw new Error(`there is no ${type}`)
    const id = this.#id()
    const topic = topicOf(definition)
    file.order.correlationId ||= id
    const partition = this.shop.orders.length % partitions
    const at = new Date(Date.parse('2026-01-01T00:00:00Z') + this.#events).toISOString()
    const cause = causationId === undefined ? {} : { causationId }
    const { correlationId } = file.order
    file.records.push({ topic, partition, offset: this.#offset(topic, partition), id, type, at, correlationId, ...cause, data })
    const consumers = serviceNames.filter((s) => subscriptionsOf(s).includes(topic) && consumedBy(s).includes(definition))
    for (const consumer of consumers)
      if (consumer === 'payment' || consumer === 'inventory') this.shop.shop.inboxes[consumer].add(id)
      else file.handled[consumer] = [...(file.handled[consumer] ?? []), id]
    if (definition.service === 'order' || consumers.includes('order'))
      file.order.history.push({ type, at, eventId: id, ...cause })
    return id
  }

  #offset(topic: string, partition: number): number {
    const place = `${topic} ${partition}`
    const offset = this.#ends.get(place) ?? 0
    this.#ends.set(place, offset + 1)
    this.shop.shop.topics.recordCount++
    return offset
  }

  #book(file: MutableShop['orders'][number], transactionId: string, kind: string, amount: number): void {
    const common = { transactionId, kind, currency }
    file.ledger.push(
      { entry: ++this.#entries, ...common, account: customerAccount(customerId), amount: -amount },
      { entry: ++this.#entries, ...common, account: revenue, amount },
    )
    for (const account of this.shop.shop.accounts) account.balance -= amount
  }

  /** A copy of an event, as after a crash of the relay; every consumer drops it. */
  repeat(file: MutableShop['orders'][number]): void {
    const [first] = file.records
    if (first) file.records.push({ ...first, offset: this.#offset(first.topic, first.partition) })
  }

  /** Notification could not handle the order's end; the letter lies on its dead-letter topic. */
  park(file: MutableShop['orders'][number]): void {
    const last = file.records.filter((r) => r.type === 'OrderConfirmed').at(-1)
    if (last === undefined) return
    file.handled.notification = []
    delete file.notification
    const origin = placeOf(last.topic, last.partition, last.offset)
    this.shop.shop.topics.deadLetters.push({ consumer: 'notification', eventId: last.id, origin })
  }

  /** A record that is no JSON: everyone who reads the topic has dead-lettered it. */
  spoil(topic: string): void {
    const consumers = serviceNames.filter((s) => subscriptionsOf(s).includes(topic))
    const origin = placeOf(topic, 0, this.#offset(topic, 0))
    this.shop.shop.topics.undecodable.push({ place: origin, reason: 'the value is no JSON', consumers })
    for (const consumer of consumers) this.shop.shop.topics.deadLetters.push({ consumer, origin })
  }

  /** Handled ids of an event for an order that was never placed: a document without a state. */
  stray(): void {
    this.shop.orders.push({ ...(emptyFile('ffffffff-0000-4000-8000-000000000000') as Mutable<OrderFile>), outcome: 'declined' })
  }
}

/** Two orders of each outcome, a repeated event, a dead letter, an undecodable record, and an id that is no order's. */
export const soundShop = (): MutableShop => {
  const simulation = new Simulation()
  for (const outcome of [...outcomes, ...outcomes]) simulation.place(outcome)
  const { orders } = simulation.shop
  for (const file of orders.slice(0, 3)) simulation.repeat(file)
  const [first] = orders
  if (first) simulation.park(first)
  simulation.spoil('shop.order')
  simulation.stray()
  return simulation.shop
}
