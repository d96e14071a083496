/** The plain data that is checked: what the databases and the topics held, put together per order. */
import { type choreography, type Emitted, eventNamed, type ServiceName, sourceOf } from '@shop/choreography'
import type { VariantName } from '@shop/manifest/variants'
import type { Shipment } from '../../services/delivery/src/shipment.ts'
import type { Reservation, Stock as StockState } from '../../services/inventory/src/inventory.ts'
import type { Notification } from '../../services/notification/src/notification.ts'
import type { Order } from '../../services/order/src/order.ts'
import type { Payment } from '../../services/payment/src/payment.ts'

export type { ServiceName }
export type Consumer = keyof typeof choreography & string

/** One row of payment's ledger. */
export interface LedgerEntry {
  /** Counts the entries in the order in which they were stored. */
  readonly entry: number
  readonly transactionId: string
  readonly kind: string
  readonly account: string
  /** Minor units, negative where they leave. */
  readonly amount: number
  readonly currency: string
}

/** A stored event that the broker does not have yet, or from which the relay has not let go yet. */
export interface OutboxEvent {
  readonly service: string
  readonly id: string
  readonly type: string
}

/** One record of a topic that its consumers can decode; `data` fits the event's schema. */
export interface EventRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly id: string
  readonly type: string
  /** ISO 8601, when the producer stored it. */
  readonly at: string
  readonly correlationId: string
  readonly causationId?: string | undefined
  /** It was told again, from its teller's state. */
  readonly again?: 'told' | 'asking' | undefined
  readonly data: unknown
  /** Some consumers cannot decode it; `data` has what the others look at. */
  readonly partial?: true | undefined
}

/** Everything that is known of one order id. Without `order` it is none: something strayed. */
export interface OrderFile {
  readonly orderId: string
  order?: Order
  payment?: Payment
  reservation?: Partial<Pick<Reservation, 'status' | 'lines' | 'reason'>> & { readonly waiting?: boolean }
  shipment?: Pick<Shipment, 'status' | 'carrier' | 'reason'> & { readonly waiting?: boolean }
  notification?: Pick<Notification, 'kind'>
  /** Of the coordinator of a two-phase commit. */
  decision?: { readonly outcome: 'commit' | 'abort'; readonly isCarriedOut: boolean; readonly damaged: readonly string[] }
  /** Of an orchestrator; `awaits`: the command whose answer it waits for. */
  saga?: { readonly status: string; readonly awaits: string | null }
  /** Participants of a two-phase commit that hold it prepared. */
  preparedAt?: string[]
  readonly ledger: LedgerEntry[]
  /** By service, for those that keep what they handled with the order: ids with their sources (`handledAs`). */
  readonly handled: Record<string, string[]>
  readonly outbox: OutboxEvent[]
  /** All copies of all events, per partition in offset order. */
  readonly records: EventRecord[]
}

export interface Account {
  readonly customerId: string
  /** Minor units. */
  readonly balance: number
  readonly currency: string
}

/** In pieces. */
export interface Stock extends StockState {
  readonly sku: string
}

/** Ids with their sources (`handledAs`); an id alone holds for every source. */
export interface IdSet {
  readonly size: number
  has(as: string): boolean
}

/** As what an event is handled: by its id and its source, or by its id alone where that was handled before sources were kept. */
export const handledAs = ({ id, type }: Pick<EventRecord, 'id' | 'type'>): readonly string[] => {
  const definition = eventNamed(type)
  return definition === undefined ? [id] : [id, `${id} ${sourceOf(definition)}`]
}

/** Where a record stands, as `topic/partition/offset`. */
export type Place = string
export const placeOf = (topic: string, partition: number | string, offset: number | string): Place =>
  `${topic}/${partition}/${offset}`

export interface DeadLetter {
  readonly consumer: string
  readonly eventId?: string | undefined
  /** `suspicious`, `undecodable`, `failed` or `held`. */
  readonly kind?: string | undefined
  /** Where the record stood that was parked. */
  readonly origin: Place
}

/** A record that some of its consumers can never handle. */
export interface Undecodable {
  readonly place: Place
  readonly reason: string
  readonly consumers: readonly string[]
}

export interface Topics {
  readonly recordCount: number
  readonly deadLetters: readonly DeadLetter[]
  readonly undecodable: readonly Undecodable[]
  /**
   * ISO 8601; set when the broker has removed old records. Of orders placed before it, events are missing for no fault of the shop.
   */
  readonly since?: string | undefined
}

/** What belongs to no single order. */
export interface Shop {
  /** In which other way orders are finished; absent: by the choreography. */
  readonly variant?: VariantName | undefined
  readonly accounts: readonly Account[]
  /** Ledger entries for no order. */
  readonly deposits: readonly LedgerEntry[]
  readonly stock: readonly Stock[]
  /** Handled ids of the services that keep them apart from the orders. */
  readonly inboxes: Readonly<Record<string, IdSet>>
  /** Absent when the topics were not read. */
  readonly topics?: Topics | undefined
}

export interface Snapshot {
  readonly shop: Shop
  /** Each order id once. */
  readonly orders: Iterable<OrderFile>
}

export const emptyFile = (orderId: string): OrderFile => ({ orderId, ledger: [], handled: {}, outbox: [], records: [] })

export type AnyEvent = { [S in ServiceName]: Emitted<S> }[ServiceName]
export type EventName = AnyEvent['type']
export type EventOf<Name extends EventName> = EventRecord & { readonly data: Extract<AnyEvent, { type: Name }>['data'] }
