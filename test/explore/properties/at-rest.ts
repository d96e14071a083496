/** What must hold when all has come to rest: the invariants of `npm run check`, over what the databases and topics then hold. */
import { ownTopic, type ServiceName, serviceNames } from '@shop/choreography'
import type { Shipment } from '../../../services/delivery/src/shipment.ts'
import type { Reservation } from '../../../services/inventory/src/inventory.ts'
import type { Notification } from '../../../services/notification/src/notification.ts'
import type { Order } from '../../../services/order/src/order.ts'
import { customerAccount, funding, type Payment, type Transfer, transferOf } from '../../../services/payment/src/payment.ts'
import { judge } from '../../../tools/check/invariants.ts'
import type { EventRecord, LedgerEntry, OrderFile, Snapshot } from '../../../tools/check/snapshot.ts'
import type { Shop } from '../choreographed/parts.ts'
import type { Accounts, Stocks } from '../choreographed/services.ts'
import type { Cell, Message } from '../kit.ts'

/** As in the services' schemas: those with tables keep handled ids apart from the orders. */
const inboxServices = ['payment', 'inventory'] as const
const documentServices = ['order', 'delivery', 'notification'] as const

const entriesOf = (transactionId: string, first: number, { kind, from, to, amount, currency }: Transfer): LedgerEntry[] => [
  { entry: first, transactionId, kind, account: from, amount: -amount, currency },
  { entry: first + 1, transactionId, kind, account: to, amount, currency },
]

/** Payment books what it tells. */
const ledgerOf = ({ topic, outbox }: Cell): LedgerEntry[] =>
  [...topic, ...outbox].flatMap((message) => {
    const transfer = transferOf(message as unknown as Parameters<typeof transferOf>[0])
    return transfer === undefined ? [] : entriesOf(message.id, 2 * message.position, transfer)
  })

const recordsOf = (service: ServiceName, { topic }: Cell): EventRecord[] =>
  topic.map(({ id, type, at, correlationId, causationId, data }: Message, offset) => ({
    topic: ownTopic(service) ?? '',
    partition: 0,
    offset,
    ...{ id, type, at, correlationId, causationId, data },
  }))

/** The part of a state that is there. */
const part = <Name extends string, Value>(name: Name, value: Value | null): { readonly [N in Name]?: Value } =>
  value === null ? {} : ({ [name]: value } as { readonly [N in Name]: Value })

const fileOf = (shop: Shop, key: string): OrderFile => {
  const cell = (service: ServiceName) => shop.cell(service, key)
  const stateOf = <State>(service: ServiceName) => cell(service).state as State | null
  const waits = (service: ServiceName): boolean => cell(service).arrivals.waiting.length > 0
  const [reservation, shipment] = [stateOf<Reservation>('inventory'), stateOf<Shipment>('delivery')]
  return {
    orderId: key,
    ...part('order', stateOf<Order>('order')),
    ...part('payment', stateOf<Payment>('payment')),
    ...part('reservation', waits('inventory') ? { ...reservation, waiting: true } : reservation),
    ...part('shipment', waits('delivery') ? { ...shipment, waiting: true } : shipment),
    ...part('notification', stateOf<Notification>('notification')),
    ledger: ledgerOf(cell('payment')),
    handled: Object.fromEntries(documentServices.map((s) => [s, [...cell(s).handled]])),
    outbox: serviceNames.flatMap((service) => cell(service).outbox.map(({ id, type }) => ({ service, id, type }))),
    records: serviceNames.flatMap((service) => recordsOf(service, cell(service))),
  }
}

const depositsOf = (accounts: Accounts): LedgerEntry[] =>
  Object.entries(accounts).flatMap(([customerId, { deposited: amount, currency }], i) => {
    const transfer = { kind: 'deposit', from: funding, to: customerAccount(customerId), amount, currency } as const
    return entriesOf(`deposit/${customerId}`, -2 * (i + 1), transfer)
  })

const snapshotOf = (shop: Shop): Snapshot => {
  const accounts = shop.shared('payment') as Accounts
  const orders = shop.keys.map((key) => fileOf(shop, key))
  return {
    shop: {
      accounts: Object.entries(accounts).map(([customerId, { balance, currency }]) => ({ customerId, balance, currency })),
      deposits: depositsOf(accounts),
      stock: Object.entries(shop.shared('inventory') as Stocks).map(([sku, stock]) => ({ sku, ...stock })),
      inboxes: Object.fromEntries(inboxServices.map((s) => [s, new Set(shop.keys.flatMap((key) => shop.cell(s, key).handled))])),
      topics: { recordCount: orders.reduce((sum, o) => sum + o.records.length, 0), deadLetters: [], undecodable: [] },
    },
    orders,
  }
}

/** The first invariant that does not hold. */
export const brokenInvariant = (shop: Shop): string | undefined => {
  for (const { id, violations } of judge(snapshotOf(shop)))
    for (const { text, orderId } of violations) return `${id}: ${orderId === undefined ? '' : `order ${orderId} `}${text}`
  return undefined
}
