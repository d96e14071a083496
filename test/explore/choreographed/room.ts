import { type ServiceName, serviceNames } from '@shop/choreography'
import type { Order } from '../../../services/order/src/order.ts'
import { Interned } from '../explorer/interned.ts'
import type { Arrival, Cell, Message } from '../kit.ts'
import { type Actor, cancel, deliver, type Held, type Outcome, relay, replay } from './handling.ts'
import type { Parts, Properties } from './parts.ts'

/** More than any service has statuses. */
export const statusesMax = 16
/** More than there are values of what is shared, and more than there are topics of one order: together a small integer, which is looked up fast. */
const sharedMax = 2 ** 12
const topicsMax = 2 ** 18

interface Step {
  readonly cell: number
  readonly shared: number
  readonly name: string
}

/** What may become of one cell for one reason. */
export interface Local {
  /** Those that change something. */
  readonly steps: readonly Step[]
  readonly idle: number
  /** Nothing is left to do. */
  readonly isAtRest: boolean
}

const kindOf = ({ status, reason, cancellationRequestedBy: by, cancellationRefused }: Order): string | undefined => {
  if (status === 'CANCELLED') return `CANCELLED: ${reason}${reason === 'order_cancelled' ? ` by ${by}` : ''}`
  if (status === 'CONFIRMED') return cancellationRefused ? `CONFIRMED: cancellation by ${by} refused` : 'CONFIRMED'
  return undefined
}

/** What was worked out, by cell and by what else it depends on. */
class Memo {
  readonly #ofCells: (Map<number, Local> | undefined)[] = []

  get(cell: number, other: number, workOut: () => Local): Local {
    let ofCell = this.#ofCells[cell]
    if (ofCell === undefined) {
      ofCell = new Map()
      this.#ofCells[cell] = ofCell
    }
    let local = ofCell.get(other)
    if (local === undefined) {
      local = workOut()
      ofCell.set(other, local)
    }
    return local
  }
}

/** One service in all its states, by number, and what can happen in each: worked out when it is asked for first. */
export class Room {
  readonly name: ServiceName
  readonly cells: Interned<Cell>
  readonly shared: Interned<unknown>
  readonly statuses = new Interned<string>()
  /** The services that it reads from, by their place among the services. */
  readonly producers: readonly number[]
  /** By cell. */
  readonly topicOf: number[] = []
  readonly statusOf: number[] = []
  readonly flawOfCell: (string | undefined)[] = []
  /** By cell; the order service's alone. */
  readonly endOf: (string | undefined)[] = []
  /** By number of what is shared. */
  readonly flawOfShared: (string | undefined)[] = []
  readonly #topics: Interned<readonly Message[]>
  readonly #actors: readonly Actor[]
  readonly #parts: Parts
  /** By order. */
  readonly #own: readonly Memo[]
  readonly #relaying: readonly Memo[]
  /** By order, then by producer. */
  readonly #reading: readonly (readonly Memo[])[]

  constructor(
    name: ServiceName,
    keys: readonly string[],
    parts: Parts,
    properties: Properties,
    topics: Interned<readonly Message[]>,
  ) {
    this.name = name
    this.#parts = parts
    this.#topics = topics
    this.producers = parts.services[name].producers.map((p) => serviceNames.indexOf(p))
    this.#actors = keys.map((key) => ({
      name,
      key,
      ...(keys.length > 1 && { suffix: ` (order ${key})` }),
      service: parts.services[name],
      rules: parts.rules[name],
      judge: properties.ofHandling,
    }))
    this.#own = keys.map(() => new Memo())
    this.#relaying = keys.map(() => new Memo())
    this.#reading = keys.map(() => this.producers.map(() => new Memo()))
    this.cells = new Interned((cell, number) => {
      this.topicOf[number] = topics.numberOf(cell.topic)
      this.statusOf[number] = this.statuses.numberOf((cell.state as { status?: string } | null)?.status ?? 'none')
      this.flawOfCell[number] = cell.flaw ?? properties.ofCell(name, cell)
      if (name === 'order') this.endOf[number] = kindOf(cell.state as Order)
    })
    this.shared = new Interned((shared, number) => {
      this.flawOfShared[number] = properties.ofShared(name, shared)
    })
  }

  /** Its relay's next round. */
  relaying(key: number, cell: number, shared: number): Local {
    return (this.#relaying[key] as Memo).get(cell, shared, () => {
      const [actor, held] = [this.#actors[key] as Actor, this.#held(cell, shared)]
      return this.#local(actor, cell, shared, relay(actor, held), held.cell.outbox.length === 0)
    })
  }

  /** What else it does of its own accord. */
  own(key: number, cell: number, shared: number): Local {
    return (this.#own[key] as Memo).get(cell, shared, () => {
      const [actor, held] = [this.#actors[key] as Actor, this.#held(cell, shared)]
      const cancelling = this.name === 'order' ? cancel(actor, held, this.#parts.requestCancellation) : []
      return this.#local(actor, cell, shared, [...replay(actor, held), ...cancelling], held.cell.letters.length === 0)
    })
  }

  /** What the topic of a producer brings: the next record, or again one that was read. */
  reading(key: number, reader: number, cell: number, shared: number, topic: number): Local {
    return ((this.#reading[key] as readonly Memo[])[reader] as Memo).get(cell, topic * sharedMax + shared, () => {
      const [actor, held] = [this.#actors[key] as Actor, this.#held(cell, shared)]
      const producer = serviceNames[this.producers[reader] as number] as ServiceName
      const records = this.#topics.valueOf(topic).filter((m) => actor.service.consumes.has(m.type))
      const read = held.cell.read[producer] ?? 0
      const next = records[read]
      const outcomes = [
        ...(next === undefined ? [] : firstDelivery(actor, held, producer, next)),
        ...records.slice(0, read).flatMap((message) => again(actor, held, message)),
      ]
      return this.#local(actor, cell, shared, outcomes, next === undefined)
    })
  }

  #held(cell: number, shared: number): Held {
    return { cell: this.cells.valueOf(cell), shared: this.shared.valueOf(shared) }
  }

  /** Each outcome once, and none that leaves everything as it was. */
  #local({ suffix = '' }: Actor, cell: number, shared: number, outcomes: readonly Outcome[], isAtRest: boolean): Local {
    const steps = new Map<string, Step>()
    let idle = 0
    for (const outcome of outcomes) {
      const step = {
        cell: this.cells.numberOf(outcome.cell),
        shared: this.shared.numberOf(outcome.shared),
        name: outcome.name + suffix,
      }
      const place = `${step.cell} ${step.shared}`
      if ((step.cell === cell && step.shared === shared) || steps.has(place)) idle++
      else steps.set(place, step)
    }
    if (this.shared.count > sharedMax || this.#topics.count > topicsMax)
      throw new RangeError(`${this.name} has more states than can be numbered`)
    return { steps: [...steps.values()], idle, isAtRest }
  }
}

const firstDelivery = (actor: Actor, held: Held, producer: string, message: Message): Outcome[] => {
  const lost: Outcome = { ...held, name: `${actor.name} receives ${message.type}, and dies` }
  const outcomes = deliver(actor, held, { message, isCopy: false }, 'handles')
  return [...outcomes, ...(actor.rules.mayLose ? [lost] : [])].map((outcome) => {
    if (outcome.hasDied) return outcome
    const read = { ...outcome.cell.read, [producer]: (outcome.cell.read[producer] ?? 0) + 1 }
    return { ...outcome, cell: { ...outcome.cell, read } }
  })
}

const again = (actor: Actor, held: Held, message: Message): Outcome[] => {
  const copy = actor.rules.republished(message)
  const arrivals: Arrival[] = [
    { message, isCopy: false },
    { message: copy, isCopy: true },
  ]
  return arrivals.flatMap((arrival) => deliver(actor, held, arrival, 'handles once more'))
}
