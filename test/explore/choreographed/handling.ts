/** What may become of one order at one service in one step. */
import { type CancellationCause, type Order, remember, requestCancellation } from '../../../services/order/src/order.ts'
import { type Arrival, type Cell, type Message, type Rules, withHandled, withStored } from '../kit.ts'
import type { After, Service, Tell, Telling } from './services.ts'
import { at, idOf } from './worlds.ts'

/** What a service has: the order's cell, and what all orders share. */
export interface Held {
  readonly cell: Cell
  readonly shared: unknown
}

export interface Outcome extends Held {
  /** What happened, for people. */
  readonly name: string
  /** The process died: what it was at comes again. */
  readonly hasDied?: boolean
}

/** One handling, to be judged. */
export interface Handling {
  readonly service: string
  readonly message: Message
  readonly before: Cell
  readonly told: readonly Message[]
}

/** Says what is wrong with a handling. */
export type Judge = (handling: Handling) => string | undefined

/** One service with all that decides what it does. */
export interface Actor {
  readonly name: string
  readonly key: string
  /** Says which order a step is about, where there are several. */
  readonly suffix?: string
  readonly service: Service
  readonly rules: Rules
  readonly judge: Judge
}

const teller = ({ name, key }: Actor, stored: number): Tell => {
  let position = stored
  return (cause: Message, { type, data }: Telling) => {
    const id = idOf(name, key, position, type)
    const envelope = { id, key, at, correlationId: cause.correlationId, causationId: cause.id }
    return { ...envelope, type, data, producer: name, position: position++ }
  }
}

/** What is due, one after the other over what the one before has made. */
const carryOut = (actor: Actor, { cell, shared }: Held, due: readonly Message[], isRefused: boolean): After => {
  const tell = teller(actor, cell.stored)
  let after: After = { state: cell.state, shared, told: [] }
  for (const message of due) {
    const next = actor.service.react(after, message, isRefused, tell)
    after = { ...next, told: [...after.told, ...next.told] }
  }
  return after
}

const listed = (messages: readonly Message[]): string => messages.map((m) => m.type).join(', ')

/** Its effect, its id and what is told of it; one outcome for each way in which the service may decide. */
const handle = (actor: Actor, held: Held, message: Message, how: string): Outcome[] => {
  const { cell, shared } = held
  const { name, key, service, rules, judge } = actor
  const { due, arrivals } = rules.arrange([message], service.needs, () => cell.arrivals)
  const carried = due.filter((m): m is Message => 'producer' in m)
  const called = carried.length === 0 ? `${name} keeps ${message.type} waiting` : `${name} ${how} ${listed(carried)}`
  const outcome = (isRefused: boolean): Outcome[] => {
    const refusing = isRefused && carried.length > 0 ? ', refusing' : ''
    try {
      const after = carryOut(actor, held, carried, isRefused)
      const flaw = judge({ service: name, message, before: cell, told: after.told })
      const handled = withHandled({ ...cell, state: after.state, arrivals: arrivals.get(key) ?? cell.arrivals }, message)
      const whole = withStored(flaw === undefined ? handled : { ...handled, flaw }, after.told)
      const text = `${called}${refusing}${after.told.length === 0 ? '' : ` → ${listed(after.told)}`}`
      const torn = rules.torn(cell, whole).map((made) => ({
        cell: made,
        shared: made.state === cell.state ? shared : after.shared,
        name: `${text}, and dies while it commits`,
        hasDied: true,
      }))
      return [{ cell: whole, shared: after.shared, name: text }, ...torn]
    } catch (error) {
      return [{ cell: { ...cell, flaw: `${name} cannot decide ${message.type}: ${error}` }, shared, name: called }]
    }
  }
  return (service.canRefuse ? [false, true] : [false]).flatMap(outcome)
}

/** A record comes to a service: for the first time, or again. */
export const deliver = (actor: Actor, held: Held, arrival: Arrival, how: string): Outcome[] => {
  const { cell } = held
  const { name, rules } = actor
  const { message } = arrival
  if (rules.isHandled(cell, message)) return [{ ...held, name: `${name} drops ${message.type}` }]
  if (rules.isHeld(cell)) {
    const after = rules.setAside(cell, arrival)
    return [{ ...held, cell: after, name: `${name} sets ${message.type} aside behind an earlier one` }]
  }
  const handled = handle(actor, held, message, how)
  if (!rules.mayFail) return handled
  const failing = { ...held, cell: rules.setAside(cell, arrival), name: `${name} fails at ${message.type} and sets it aside` }
  return [...handled, failing]
}

/** The dead letter whose turn it is is handled anew, with its own id through the same inbox. Failing again would change nothing. */
export const replay = (actor: Actor, held: Held): Outcome[] => {
  const { name, rules } = actor
  const { letters } = held.cell
  const index = rules.nextLetter(letters)
  const letter = letters[index]
  if (letter === undefined) return []
  const message = rules.replayed(letter)
  const without = { ...held, cell: { ...held.cell, letters: letters.toSpliced(index, 1) } }
  if (rules.isDropped(held.cell, message)) return [{ ...without, name: `${name} replays ${message.type}, and drops it` }]
  const handled = handle(actor, without, message, 'replays').map((o) => (o.hasDied ? { ...o, cell: { ...o.cell, letters } } : o))
  if (!rules.mayDiscard(letter)) return handled
  return [
    ...handled,
    { ...without, cell: withHandled(without.cell, message), name: `an operator discards ${message.type} at ${name}` },
  ]
}

export const relay = ({ name, rules }: Actor, { cell, shared }: Held): Outcome[] =>
  rules.relayed(cell).map((after) => {
    const added = after.topic.slice(cell.topic.length).map((m) => m.type)
    return { cell: after, shared, name: `${name} relays ${added.join(', ') || 'nothing, and forgets it'}` }
  })

/** What the order service makes of a request to cancel. */
export type RequestCancellation = (
  order: Order,
  cause: CancellationCause,
) => { readonly order: Order; readonly emit: readonly Telling[] }

const causes: readonly CancellationCause[] = ['customer', 'deadline']

/** The customer cancels, or the deadline passes: at any time. Asking again changes nothing. */
export const cancel = (actor: Actor, { cell, shared }: Held, request: RequestCancellation = requestCancellation): Outcome[] =>
  causes.flatMap((cause): Outcome[] => {
    const before = cell.state as Order
    const { order, emit } = request(before, cause)
    if (order === before && emit.length === 0) return []
    const id = before.correlationId
    const tell = teller(actor, cell.stored)
    const told = emit.map((fact): Message => {
      const { causationId: _, ...message } = tell({ id, correlationId: id } as Message, fact)
      return message
    })
    const state = remember(order, ...told)
    const name = cause === 'customer' ? 'the customer cancels' : 'the deadline passes'
    return [{ cell: withStored({ ...cell, state }, told), shared, name: `${name} → ${told.map((m) => m.type).join(', ')}` }]
  })
