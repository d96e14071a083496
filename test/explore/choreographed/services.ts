/** The services with their real deciders: what each makes of a message, as a value. */
import { consumedBy, type Incoming, needsOf, ownTopic, type ServiceName, serviceNames, subscriptionsOf } from '@shop/choreography'
import { Needs } from '@shop/messaging/driver'
import { decide as decideDelivery, type Shipment } from '../../../services/delivery/src/shipment.ts'
import {
  decide as decideInventory,
  type Reservation,
  remember as rememberReserved,
  type Stock,
} from '../../../services/inventory/src/inventory.ts'
import { decide as decideNotification, type Notification } from '../../../services/notification/src/notification.ts'
import { decide as decideOrder, type Order, remember } from '../../../services/order/src/order.ts'
import {
  type Account,
  decide as decidePayment,
  type Payment,
  remember as rememberCaptured,
} from '../../../services/payment/src/payment.ts'
import type { Message } from '../kit.ts'
import { type Decide, furtherDecide } from './further-services.ts'

/** What is told, and the message that it answers. */
export interface Telling {
  readonly type: string
  readonly data: unknown
}

/** Gives what is told its envelope: the next id of the service for the order. */
export type Tell = (cause: Message, telling: Telling) => Message

/** A service's database as far as one order goes: the order's own part, and what it shares with other orders. `null`: nothing yet. */
export interface Before {
  readonly state: unknown
  readonly shared: unknown
}

export interface After extends Before {
  readonly told: readonly Message[]
}

export interface Service {
  readonly consumes: ReadonlySet<string>
  /** The services whose topics it subscribes to. */
  readonly producers: readonly ServiceName[]
  /** What waits for what. */
  readonly needs: Needs
  /** What an operator may make it do at any time, beside deciding as it is. */
  readonly canRefuse: boolean
  react(before: Before, message: Message, isRefused: boolean, tell: Tell): After
}

export type Services = Readonly<Record<ServiceName, Service>>

/** Payment's part that its orders share, and what was paid in before: minor units. */
export type Accounts = Readonly<Record<string, Account & { readonly deposited: number }>>
/** Inventory's part that its orders share. */
export type Stocks = Readonly<Record<string, Stock>>

/** An event that the choreography does not let this service consume never comes to its decider. */
const as = <S extends ServiceName>(message: Message): Incoming<S> => message as unknown as Incoming<S>

type React = Service['react']

/** Nobody forges anything here: whatever comes in whatever order, a service that doubts it is wrong. @throws Error when it does. */
const trusting = <D extends { readonly suspicious?: string }>(decision: D): D => {
  if (decision.suspicious !== undefined) throw new Error(`honest-is-trusted: ${decision.suspicious}`)
  return decision
}

/** The history is told to people, no decision reads it: in which order its events came makes no other state. */
const withoutOrder = (order: Order): Order => ({
  ...order,
  history: order.history.toSorted((a, b) => (a.eventId < b.eventId ? -1 : 1)),
})

const order: React = ({ state: before, shared }, message, _isRefused, tell) => {
  const { state, emit } = trusting(decideOrder((before ?? undefined) as Order | undefined, as<'order'>(message)))
  const told = emit.map((fact) => tell(message, fact))
  return { state: state === undefined ? null : withoutOrder(remember(state, message, ...told)), shared, told }
}

const payment: React = ({ state: found, shared }, message, isRefused, tell) => {
  const [event, accounts, known] = [as<'payment'>(message), shared as Accounts, (found ?? undefined) as Payment | undefined]
  const customerId = event.type === 'OrderPlaced' ? event.data.customerId : (known?.customerId ?? '')
  const before = accounts[customerId]
  const { state, emit } = trusting(decidePayment({ payment: known, account: before }, event, isRefused))
  const told = emit.map((fact) => tell(message, fact))
  return {
    state: state.payment === undefined ? null : told.reduce(rememberCaptured, state.payment),
    shared: before === undefined ? accounts : { ...accounts, [customerId]: { ...before, ...state.account } },
    told,
  }
}

const inventory: React = ({ state: before, shared }, message, isRefused, tell) => {
  const reservation = (before ?? undefined) as Reservation | undefined
  const stock = new Map(Object.entries(shared as Stocks))
  const { state, emit } = trusting(decideInventory({ reservation, stock }, as<'inventory'>(message), () => isRefused))
  const told = emit.map((fact) => tell(message, fact))
  return {
    state: state.reservation === undefined ? null : told.reduce(rememberReserved, state.reservation),
    shared: Object.fromEntries(state.stock),
    told,
  }
}

const delivery: React = ({ state: before, shared }, message, isRefused, tell) => {
  const shipment = (before ?? undefined) as Shipment | undefined
  const { state, emit } = trusting(decideDelivery(shipment, as<'delivery'>(message), isRefused))
  return { state: state ?? null, shared, told: emit.map((fact) => tell(message, fact)) }
}

const notification: React = ({ state: before, shared }, message) => {
  const state = decideNotification((before ?? undefined) as Notification | undefined, as<'notification'>(message))
  return { state: state ?? null, shared, told: [] }
}

const further =
  (decide: Decide): React =>
  ({ state: before, shared }, message, _isRefused, tell) => {
    const { state, emit } = decide(before ?? undefined, message)
    return { state: state ?? null, shared, told: emit.map((fact) => tell(message, fact)) }
  }

const known: Readonly<Record<string, React>> = { order, payment, inventory, delivery, notification }
const reacts: ReadonlyMap<ServiceName, React> = new Map(
  await Promise.all(serviceNames.map(async (name) => [name, known[name] ?? further(await furtherDecide(name))] as const)),
)
const refusing: ReadonlySet<ServiceName> = new Set(['payment', 'inventory', 'delivery'])

/** Who consumes what, from where: as the choreography has it. */
const service = (name: ServiceName, react: React): Service => ({
  consumes: new Set(consumedBy(name).map((e) => e.name)),
  producers: subscriptionsOf(name).flatMap((topic) => serviceNames.filter((s) => ownTopic(s) === topic)),
  needs: new Needs(needsOf(name)),
  canRefuse: refusing.has(name),
  react,
})

export const realServices = Object.fromEntries([...reacts].map(([name, react]) => [name, service(name, react)])) as Services
