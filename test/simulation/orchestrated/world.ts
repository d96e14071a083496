/**
 * An orchestrator and its participants in memory, under a seed: topics in order per order, each message handled in one transaction with what it
 * tells, or not at all (a kill before the commit), and once more when the kill came behind it. Real are the orchestrator's reactions, the flow, and
 * what the participants do.
 */
import { causedBy, type Message, startedBy } from '@shop/messaging'
import { schedule } from '../../../services/delivery/src/shipment.ts'
import type { Reservation, Stock } from '../../../services/inventory/src/inventory.ts'
import { cancel, confirm, type Order, place } from '../../../services/order/src/order.ts'
import type { Account, Payment } from '../../../services/payment/src/payment.ts'
import type { Flow } from '../../../variants/orchestrated/flow.ts'
import { obey as obeyInventory } from '../../../variants/orchestrated/inventory/src/reactions.ts'
import { reactions, type SagaTables } from '../../../variants/orchestrated/orchestrator/src/reactions.ts'
import { obey as obeyPayment } from '../../../variants/orchestrated/payment/src/reactions.ts'
import type { Saga } from '../../../variants/orchestrated/saga.ts'
import { answer, type Command, type Reply } from '../../../variants/orchestrated/speech.ts'
import { Random } from '../random.ts'

export interface Parts {
  readonly flow: Flow
  /** What the orchestrator stores of its sagas. */
  readonly tables: (real: SagaTables<World>) => SagaTables<World>
  /** Whether what was handled is known by its id. */
  readonly hasInbox: boolean
  /** What of the commands is stored with the saga that gave them. */
  readonly outbox: (commands: readonly Message[], random: Random) => readonly Message[]
  /** What the orchestrator hears. */
  readonly hears: (reply: Message) => Message
}

const names = ['orchestrator', 'order', 'payment', 'inventory', 'delivery'] as const
type Name = (typeof names)[number]

const stepsMax = 1_500
const ordersMax = 5
const price = 100
const address = { name: 'A', street: 'B', city: 'C', postalCode: 'D' }
const times = { placedAt: '2026-01-01T00:00:00.000Z', deadlineAt: '2026-01-01T00:05:00.000Z' }

const opening = 350
const received = 3

export class World {
  readonly #random: Random
  readonly #parts: Parts
  readonly #react: ReturnType<typeof reactions<World>>
  readonly sagas = new Map<string, Saga>()
  readonly orders = new Map<string, Order>()
  readonly payments = new Map<string, Payment>()
  readonly reservations = new Map<string, Reservation>()
  readonly deliveries = new Map<string, ReturnType<typeof schedule>>()
  account: Account = { balance: opening, currency: 'EUR', blocked: false }
  stock: ReadonlyMap<string, Stock> = new Map([['mouse', { onHand: received, reserved: 0, issued: 0, received }]])
  readonly trace: string[] = []
  readonly #inboxes = new Map<Name, Set<string>>(names.map((name) => [name, new Set()]))
  /** By who reads and by order, the first one next. */
  readonly #topics = new Map<string, Message[]>()
  #placed = 0

  constructor(seed: number, parts: Parts) {
    this.#random = new Random(seed)
    this.#parts = parts
    const tables: SagaTables<World> = {
      lockSagas: async (world, ids) =>
        new Map(ids.flatMap((id) => (world.sagas.has(id) ? [[id, world.sagas.get(id) as Saga]] : []))),
      saveSagas: async (world, changed) => {
        for (const [id, saga] of changed) world.sagas.set(id, saga)
      },
    }
    this.#react = reactions([parts.flow], parts.tables(tables))
  }

  #tell(to: Name, message: Message): void {
    const topic = `${to} ${message.key}`
    this.#topics.set(topic, [...(this.#topics.get(topic) ?? []), message])
  }

  #place(): void {
    const n = this.#placed++
    const key = `00000000-0000-7000-8000-00000000000${n}`
    const quantity = 1 + this.#random.below(2)
    const shippingAddress = { ...address, country: this.#random.chance(0.2) ? 'AQ' : 'DE' }
    const lines = [{ sku: this.#random.chance(0.1) ? 'unicorn' : 'mouse', quantity, unitPrice: price }]
    const about = { customerId: 'alice', lines, total: quantity * price, currency: 'EUR', shippingAddress }
    const first = startedBy({ key }, { type: 'OrderPlaced', data: about })
    this.orders.set(key, place({ ...about, ...times, correlationId: first.id }))
    this.#tell('orchestrator', first)
  }

  #cancel(): void {
    const open = [...this.orders].filter(([, { status }]) => status === 'PENDING')
    if (open.length === 0) return
    const [key, order] = this.#random.pick(open)
    this.orders.set(key, { ...order, status: 'CANCELLING' })
    this.#tell('orchestrator', startedBy({ key }, { type: 'OrderCancellationRequested', data: { cause: 'customer' } }))
  }

  /** What a participant does and answers, as its reactions do. */
  #obey(who: Exclude<Name, 'orchestrator'>, command: Message): Message {
    const { key } = command
    if (who === 'payment') {
      const typed = command as Command<'payment'>
      const { payment, account } = obeyPayment(typed, this.payments.get(key), this.account)
      this.payments.set(key, payment)
      this.account = account ?? this.account
      const isRefused = typed.type === 'CapturePayment' && payment.status === 'DECLINED'
      return causedBy(command, answer(who, command.type, isRefused ? payment.reason : undefined))
    }
    if (who === 'inventory') {
      const typed = command as Command<'inventory'>
      const { reservation, stock } = obeyInventory(typed, this.reservations.get(key), this.stock)
      this.reservations.set(key, reservation)
      this.stock = stock
      const isRefused = typed.type === 'ReserveStock' && reservation.status === 'REJECTED'
      return causedBy(command, answer(who, command.type, isRefused ? reservation.reason : undefined))
    }
    if (who === 'delivery') {
      const { data } = command as Command<'delivery'>
      const shipment = this.deliveries.get(key) ?? schedule({ address: data.shippingAddress })
      this.deliveries.set(key, shipment)
      return causedBy(command, answer(who, command.type, shipment.status === 'REJECTED' ? shipment.reason : undefined))
    }
    const { type, data } = command as Command<'order'>
    const order = this.orders.get(key)
    if (order === undefined) throw new Error(`there is no order ${key}`)
    if (order.status !== 'CONFIRMED' && order.status !== 'CANCELLED')
      this.orders.set(key, type === 'ConfirmOrder' ? confirm(order) : cancel(order, data.reason))
    return causedBy(command, answer(who, type))
  }

  async #handle(who: Name, message: Message): Promise<void> {
    const inbox = this.#inboxes.get(who)
    if (this.#parts.hasInbox && inbox?.has(message.id)) return
    inbox?.add(message.id)
    this.trace.push(`${who} ${message.key.at(-1)}: ${message.type}`)
    if (who !== 'orchestrator') return this.#tell('orchestrator', this.#obey(who, message))
    const commands = await this.#react(this, [this.#parts.hears(message) as Reply], () => {})
    for (const command of this.#parts.outbox(commands, this.#random)) this.#tell(this.#whoObeys(command.type), command)
  }

  #whoObeys(command: string): Name {
    const { steps, undone } = this.#parts.flow
    const orders = [...steps, ...steps.flatMap((s) => s.undo ?? []), undone]
    const found = orders.find((o) => o.command === command)
    if (found === undefined) throw new Error(`nobody obeys ${command}`)
    return found.to
  }

  async #deliver(faults: boolean): Promise<void> {
    const waiting = [...this.#topics].filter(([, messages]) => messages.length > 0)
    if (waiting.length === 0) return
    const [topic, messages] = this.#random.pick(waiting)
    const [message, ...rest] = messages
    if (message === undefined) return
    // killed behind the commit and before its offset is committed: it comes again, some time
    const comesAgain = faults && this.#random.chance(0.15)
    this.#topics.set(topic, comesAgain ? messages : rest)
    await this.#handle(topic.split(' ')[0] as Name, message)
  }

  /** Runs with faults, then without, until nothing is on its way. @returns what is wrong then. */
  async run(): Promise<readonly string[]> {
    try {
      for (let step = 0; step < stepsMax; step++) {
        const faults = step < stepsMax / 2
        if (this.#placed < ordersMax && this.#random.chance(0.05)) this.#place()
        else if (faults && this.#random.chance(0.02)) this.#cancel()
        else await this.#deliver(faults)
      }
    } catch (error) {
      return [(error as Error).message]
    }
    return this.#wrong()
  }

  #wrong(): readonly string[] {
    const found: string[] = []
    let [paid, gone] = [0, 0]
    for (const [key, { status, total, lines }] of this.orders) {
      const [payment, saga] = [this.payments.get(key)?.status, this.sagas.get(key)?.status]
      const isConfirmed = status === 'CONFIRMED'
      if (isConfirmed) paid += total
      if (isConfirmed) gone += lines.reduce((sum, l) => sum + l.quantity, 0)
      if (!isConfirmed && status !== 'CANCELLED') found.push(`order ${key} is ${status} for ever, its saga ${saga}`)
      if (saga !== (isConfirmed ? 'COMPLETED' : 'UNDONE')) found.push(`order ${key} is ${status}, its saga ${saga}`)
      if (isConfirmed !== (payment === 'CAPTURED')) found.push(`order ${key} is ${status}, its payment ${payment}`)
      if (isConfirmed !== (this.deliveries.get(key)?.status === 'SCHEDULED'))
        found.push(`order ${key} is ${status}, delivered otherwise`)
    }
    const mouse = this.stock.get('mouse')
    if (this.account.balance !== opening - paid) found.push(`alice has ${this.account.balance}, ${paid} were due`)
    if (mouse?.issued !== gone || mouse.reserved !== 0)
      found.push(`${mouse?.issued} issued, ${mouse?.reserved} reserved, ${gone} were due`)
    return found
  }
}
