/** The databases and topics of a run, as `npm run check` would read them. */
import { needsOf, type ServiceName, serviceNames } from '@shop/choreography'
import type { ConsumedRecord } from '@shop/messaging'
import { decode } from '@shop/messaging'
import { type MemoryDatabase, MemoryTables, memoryPosition } from '@shop/messaging/memory'
import type { Reservation, Stock } from '../../services/inventory/src/inventory.ts'
import type { Account, Payment } from '../../services/payment/src/payment.ts'
import {
  type DeadLetter,
  type EventRecord,
  emptyFile,
  type OrderFile,
  type Snapshot,
  type Topics,
  type Undecodable,
} from '../../tools/check/snapshot.ts'
import { furtherReacts } from './further-services.ts'
import { catalogueOf, deadLetterTopics, eventTopics, topicsOf } from './subscriptions.ts'
import type { LedgerRow } from './tables.ts'
import type { World } from './world.ts'

class Files {
  readonly #files = new Map<string, OrderFile>()

  of(orderId: string): OrderFile {
    let file = this.#files.get(orderId)
    if (file === undefined) {
      file = emptyFile(orderId)
      this.#files.set(orderId, file)
    }
    return file
  }

  all(): Iterable<OrderFile> {
    return this.#files.values()
  }
}

const addDocuments = <State>(
  files: Files,
  service: string,
  database: MemoryDatabase<State>,
  put: (file: OrderFile, state: State | undefined, waiting: boolean) => void,
): void => {
  for (const [orderId, { state, handled, outbox, arrivals }] of database.documents) {
    const file = files.of(orderId)
    const waiting = (arrivals?.waiting ?? []).length > 0
    if (waiting || (state !== undefined && state !== null)) put(file, state, waiting)
    if (handled.length > 0) file.handled[service] = [...handled]
    for (const { id, type } of outbox) file.outbox.push({ service, id, type })
  }
}

const addTables = (files: Files, { databases: { payment, inventory } }: World): void => {
  for (const [orderId, row] of payment.table<Payment>('payments')) files.of(orderId).payment = row
  for (const { orderId, ...entry } of payment.table<LedgerRow>('ledger').values())
    if (orderId !== undefined) files.of(orderId).ledger.push(entry)
  for (const [orderId, row] of inventory.table<Reservation>('reservations')) files.of(orderId).reservation = row
  for (const [orderId, { waiting }] of inventory.arrivals)
    if (waiting.length > 0) files.of(orderId).reservation = { ...files.of(orderId).reservation, waiting: true }
  addOutbox(files, 'payment', payment)
  addOutbox(files, 'inventory', inventory)
}

const addOutbox = (files: Files, service: string, { outbox }: MemoryTables): void => {
  for (const { key, id, type } of outbox) files.of(key).outbox.push({ service, id, type })
}

/** Of the services whose states nobody else knows: the ids that they handled, and the events that wait. */
const addFurther = (files: Files, { databases }: World): Record<string, ReadonlySet<string>> => {
  const inboxes: Record<string, ReadonlySet<string>> = {}
  for (const service of furtherReacts.keys()) {
    const database = databases[service as ServiceName]
    if (database instanceof MemoryTables) {
      addOutbox(files, service, database)
      inboxes[service] = database.inbox
    } else addDocuments<unknown>(files, service, database, () => {})
  }
  return inboxes
}

const consumersThatCannot = (record: ConsumedRecord): { readonly consumers: string[]; readonly reason: string } => {
  let reason = ''
  const consumers = serviceNames.filter((service) => {
    if (!topicsOf(service).includes(record.topic)) return false
    const decoded = decode(record, catalogueOf(service))
    if (decoded.kind === 'undecodable') reason = decoded.reason
    return decoded.kind === 'undecodable'
  })
  return { consumers, reason }
}

/** Not decoded by its schema again: its consumers have done that. */
const toEvent = ({ topic, position, headers, value }: ConsumedRecord): EventRecord => ({
  topic,
  partition: memoryPosition(position).partition,
  offset: memoryPosition(position).index,
  id: headers.ce_id ?? '',
  type: headers.ce_type?.split('.')[2] ?? '',
  at: headers.ce_time ?? '',
  correlationId: headers.ce_correlationid ?? '',
  causationId: headers.ce_causationid,
  again: headers.ce_toldagain === 'told' ? 'told' : undefined,
  data: JSON.parse(value?.toString() ?? ''),
})

/**
 * A forged event that had waited is set aside after the transaction in which it was doubted: its record is not at hand, so a process that
 * dies or fails between the two loses the letter. Nothing true is lost with it, so it counts as doubted; but only where it may have waited,
 * and in a run in which that can happen.
 */
const lostWhileWaiting = ({ forged, profile: { crash, fail } }: World, { topic, position, headers }: ConsumedRecord) => {
  const eventId = headers.ce_id
  const type = forged.get(eventId ?? '')
  if (type === undefined || crash + fail === 0) return []
  const waitedAt = serviceNames.filter((consumer) => needsOf(consumer).has(type))
  return waitedAt.map((consumer): DeadLetter => ({ consumer, eventId, kind: 'suspicious', origin: `${topic}/${position}` }))
}

/** What a letter is by now: one that failed may have turned out to be suspicious when it was replayed. */
const kindNow = ({ databases }: World, service: ServiceName, origin: string, kind: string | undefined) =>
  databases[service].letters.find({ limit: Number.POSITIVE_INFINITY }).find(({ id }) => id.startsWith(`${origin}/`))?.failure
    .kind ?? kind

const addTopics = (files: Files, world: World): Topics => {
  const { broker, broken, tellNothing } = world
  const undecodable: Undecodable[] = []
  const deadLetters: DeadLetter[] = []
  let recordCount = 0
  for (const topic of eventTopics)
    for (const { records } of broker.partitions(topic))
      for (const record of records) {
        recordCount++
        if (tellNothing.has(record)) continue
        if (!broken.has(record)) {
          files.of(record.key ?? '').records.push(toEvent(record))
          deadLetters.push(...lostWhileWaiting(world, record))
        } else undecodable.push({ place: `${topic}/${record.position}`, ...consumersThatCannot(record) })
      }
  for (const { service: consumer, name } of deadLetterTopics)
    for (const { records } of broker.partitions(name))
      for (const { headers: h } of records) {
        const origin = `${h['dead-letter-topic']}/${h['dead-letter-position']}`
        deadLetters.push({ consumer, eventId: h.ce_id, kind: kindNow(world, consumer, origin, h['dead-letter-kind']), origin })
      }
  return { recordCount, deadLetters, undecodable }
}

export const snapshotOf = (world: World): Snapshot => {
  const { order, payment, inventory, delivery, notification } = world.databases
  const files = new Files()
  addDocuments(files, 'order', order, (file, state) => {
    if (state) file.order = state
  })
  addDocuments(files, 'delivery', delivery, (file, shipment, waiting) => {
    const { status, carrier, reason } = shipment ?? {}
    file.shipment = {
      ...(status && { status }),
      ...(carrier && { carrier }),
      ...(reason && { reason }),
      waiting,
    }
  })
  addDocuments(files, 'notification', notification, (file, sent) => {
    if (sent) file.notification = { kind: sent.kind }
  })
  addTables(files, world)
  const furtherInboxes = addFurther(files, world)
  const topics = addTopics(files, world)
  const accounts = [...payment.table<Account>('accounts')].map(([customerId, { balance, currency }]) => ({
    customerId,
    balance,
    currency,
  }))
  return {
    shop: {
      accounts,
      deposits: [...payment.table<LedgerRow>('ledger').values()].filter((e) => e.kind === 'deposit'),
      stock: [...inventory.table<Stock>('stock')].map(([sku, row]) => ({ sku, ...row })),
      inboxes: { payment: payment.inbox, inventory: inventory.inbox, ...furtherInboxes },
      topics,
    },
    orders: files.all(),
  }
}
