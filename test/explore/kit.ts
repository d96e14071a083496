/**
 * The kit's rules as a small pure model: what one service's database and topic hold of one order, and how a record, a replay and the
 * relay change it. Each rule stands alone, so that a planted bug can break it.
 */
import type { Message as KitMessage } from '@shop/messaging'
import { type Arranged, type Arrivals, arrange, type Needs, noArrivals } from '@shop/messaging/driver'

export interface Message extends KitMessage {
  /** The service that told it. */
  readonly producer: string
  /** Counts what its producer has stored for the order, from 0: the id follows from it, so that equal histories have equal ids. */
  readonly position: number
}

/** A record of a message. A relay that dies between publishing and forgetting publishes it again: that is another record, the copy. */
export interface Arrival {
  readonly message: Message
  readonly isCopy: boolean
}

/** What a service has of one order: its document or rows, inbox, outbox and dead letters, its topic, and how far it has read. */
export interface Cell {
  /** The aggregate, as the service's own decider makes it. */
  readonly state: unknown
  /** Ids, sorted: nothing asks in which order they came. */
  readonly handled: readonly string[]
  /** What came before it could be carried out. */
  readonly arrivals: Arrivals
  /** Set aside, in their order. While there is one, the order is held here. */
  readonly letters: readonly Arrival[]
  /** Stored, and not yet with the broker. */
  readonly outbox: readonly Message[]
  /** The service's own topic, each message once: a copy of it may come at any time after the first. */
  readonly topic: readonly Message[]
  /** How many messages were ever stored. */
  readonly stored: number
  /** By producer: how many of the messages that this service reacts to it has got from there. */
  readonly read: Readonly<Record<string, number>>
  /** What is wrong with a step that led here. */
  readonly flaw?: string
}

export const emptyCell: Cell = {
  state: null,
  handled: [],
  arrivals: noArrivals,
  letters: [],
  outbox: [],
  topic: [],
  stored: 0,
  read: {},
}

/** What the kit promises of handling, dead letters and relay. */
export interface Rules {
  isHandled(cell: Cell, message: Message): boolean
  isHeld(cell: Cell): boolean
  /** What is carried out when a message comes, and what waits: the kit's own function. */
  arrange(fresh: readonly Message[], needs: Needs, arrivalsOf: (key: string) => Arrivals): Arranged
  /** Whether a consumer may be done with a record before it is handled, and die. */
  readonly mayLose: boolean
  /** What the database may hold when the process dies while it commits, beside all or nothing. */
  torn(before: Cell, after: Cell): readonly Cell[]
  /** Whether a message may keep failing, so that it is set aside. */
  readonly mayFail: boolean
  setAside(cell: Cell, arrival: Arrival): Cell
  /** Which letter is replayed first. */
  nextLetter(letters: readonly Arrival[]): number
  /** What a replay handles. */
  replayed(letter: Arrival): Message
  /** Whether a replay drops its message because it was handled meanwhile. */
  isDropped(cell: Cell, message: Message): boolean
  /** Whether a letter may be discarded. Not explored: an operator who discards an event says that its order is to go without it. */
  mayDiscard(letter: Arrival): boolean
  /** What may be on the topic after a round of the relay. */
  relayed(cell: Cell): readonly Cell[]
  /** A message that is published again. */
  republished(message: Message): Message
}

const sameArrival = (a: Arrival, b: Arrival): boolean => a.message.id === b.message.id && a.isCopy === b.isCopy

/** Sets every record aside, also copies; the same record only once. */
export const setAsideEach = (cell: Cell, arrival: Arrival): Cell =>
  cell.letters.some((l) => sameArrival(l, arrival)) ? cell : { ...cell, letters: [...cell.letters, arrival] }

/**
 * A copy of what is set aside already is left out. It stands behind the first one, so that a replay drops it; until then it can only hold
 * the order longer, and what comes in meanwhile is set aside, as if that had failed for itself: a state that is met anyway. With copies
 * there are a hundred times as many states.
 */
const setAside = (cell: Cell, arrival: Arrival): Cell => (arrival.isCopy ? cell : setAsideEach(cell, arrival))

export const rules: Rules = {
  isHandled: (cell, { id }) => cell.handled.includes(id),
  isHeld: (cell) => cell.letters.length > 0,
  arrange,
  mayLose: false,
  torn: () => [],
  mayFail: true,
  setAside,
  nextLetter: () => 0,
  replayed: ({ message }) => message,
  isDropped: (cell, { id }) => cell.handled.includes(id),
  mayDiscard: () => false,
  relayed: (cell) => {
    const [oldest, ...others] = cell.outbox
    return oldest === undefined ? [] : [{ ...cell, outbox: others, topic: [...cell.topic, oldest] }]
  },
  republished: (message) => message,
}

export const withHandled = (cell: Cell, { id }: Message): Cell =>
  cell.handled.includes(id) ? cell : { ...cell, handled: [...cell.handled, id].sort() }

/** The cell after telling: messages are numbered as they are stored. */
export const withStored = (cell: Cell, told: readonly Message[]): Cell =>
  told.length === 0 ? cell : { ...cell, outbox: [...cell.outbox, ...told], stored: cell.stored + told.length }
