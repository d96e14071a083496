/** One process of a service: what it has in memory is lost when it is killed. */
import { isDeepStrictEqual } from 'node:util'
import type { ServiceName } from '@shop/choreography'
import {
  type Assignment,
  type ConsumedRecord,
  type DeadLetter,
  type DeadLetters,
  type DocumentStore,
  type FaultPoint,
  type HandleRecords,
  type Log,
  type Message,
  type Observer,
  type OutgoingRecord,
  type ProgressWatch,
  type React,
  settingAside,
  watchHandling,
  watchProgress,
} from '@shop/messaging'
import type { Member, Partition } from '@shop/messaging/memory'
import type { Order } from '../../services/order/src/order.ts'
import type { acceptOrders } from '../../services/order/src/placing.ts'
import type { Actor } from './actor.ts'
import { type Opened, open } from './parts.ts'
import { products } from './profile.ts'
import { catalogueOf } from './subscriptions.ts'
import { nameOf, PassingFault, type World } from './world.ts'

const quiet = () => {}
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const observe: Observer = { transaction: quiet, deadLettered: quiet, retried: quiet, passedOver: quiet }

export class Process implements Member, Actor {
  readonly service: ServiceName
  readonly name: string
  readonly store: Opened['store']
  /** Of the order service: places an order as `POST /orders` does. */
  readonly placeOrder: ReturnType<typeof acceptOrders>
  /** Of its consumer. */
  readonly progress: ProgressWatch
  readonly #letters: DeadLetters
  /** Where it is in the partitions that are its own now. */
  positions = new Map<Partition, number>()
  consuming = false
  relaying = false
  readonly #world: World
  readonly #handle: HandleRecords
  readonly #onEnd: (process: Process) => void
  /** Counts the assignments; what began under an earlier one is no longer this process's own. */
  #assignment = 0

  constructor(world: World, service: ServiceName, number: number, onEnd: (process: Process) => void) {
    this.#world = world
    this.#onEnd = onEnd
    this.service = service
    this.name = `${service}#${number}`
    const { store, react } = open(world.parts, service, world.databases, () => world.gap(this))
    this.store = store
    this.placeOrder = world.parts.acceptOrders(this.orders, {
      products,
      deadlines: { placed: () => {} },
      deadlineMs: world.profile.deadlineMs,
      pace: { isBehind: () => false },
      outboxDepthMax: Number.POSITIVE_INFINITY,
    })
    const tasting: React<unknown> = (work, fresh: readonly Message[], doubt) => {
      for (const m of fresh) world.taste(service, m.id)
      return react(work, fresh, doubt)
    }
    const catalogue = catalogueOf(service)
    const handling = {
      consumer: service,
      catalogue,
      store: {
        handleOnce: store.handleOnce.bind(store),
        park: (letters: readonly DeadLetter[]) => this.#park(letters),
        letters: store.letters.bind(store),
        discard: store.discard.bind(store),
        isTransient: (error: unknown) => error instanceof PassingFault,
      },
      react: tasting,
      publisher: this,
      log,
      observe,
      faults: this,
      pause: () => world.rest(),
    }
    this.#letters = world.parts.deadLetters({ ...handling, store, setAside: settingAside(handling) })
    this.progress = watchProgress(() => (world.parts.intervalsBy === 'wall clock' ? world.nowMs : world.runningMs))
    const { options, watch } = watchHandling(handling, this.progress)
    const handle = world.parts.recordHandler({
      ...options,
      react: (work, fresh, doubt) => {
        this.#refuseHeld(fresh)
        return tasting(work, fresh, doubt)
      },
    })
    this.#handle = watch(handle)
  }

  /** What is set aside is kept as it came, also where another record stood before. */
  async #park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const stored = await this.store.park(letters)
    const given = new Map(letters.map((l) => [l.id, l.record]))
    for (const { id, record } of stored)
      if (!isDeepStrictEqual([record.key, record.value], [given.get(id)?.key, given.get(id)?.value]))
        this.#world.breaches.push({ id: 'letters-kept', text: `${this.service} has another record as letter ${id}` })
    return stored
  }

  /** Of the order service. */
  get orders(): DocumentStore<Order> {
    return this.store as unknown as DocumentStore<Order>
  }

  pass(point: FaultPoint, types: readonly string[]): Promise<void> {
    return this.#world.pass(this, point, types)
  }

  publish(records: readonly OutgoingRecord[]): Promise<void> {
    return this.#world.publish(this.name, records)
  }

  /** Nothing reaches the reactions while an earlier event of its order is set aside. */
  #refuseHeld(fresh: readonly Message[]): void {
    const { letters } = this.#world.databases[this.service]
    for (const { key, type } of fresh)
      if (letters.holds(key))
        this.#world.breaches.push({ id: 'held-behind', orderId: key, text: `${this.service} went on with ${type}` })
  }

  kill(how: string): void {
    this.#world.tell(this.name, () => how)
    this.#world.scheduler.drop(this)
    this.#onEnd(this)
  }

  /** Begins at the committed offsets; the chunk at hand is given up at its next step, or done with for nothing. */
  assign(partitions: readonly Partition[]): void {
    this.#assignment++
    this.positions = new Map(partitions.map((p) => [p, this.#world.broker.committed(this.service, p)]))
  }

  lag(): boolean {
    for (const [{ records }, position] of this.positions) if (position !== records.length) return true
    return false
  }

  /** Handles what some of its partitions have next. */
  async consume(): Promise<void> {
    const upTo = this.#fetch()
    if (upTo.size === 0) return
    const records = [...upTo].flatMap(([p, end]) => p.records.slice(this.positions.get(p), end))
    this.#world.tell(this.name, () => `receives ${records.map(nameOf).join(', ')}`)
    const mine = this.#assignment
    const resolve = () => {
      if (this.#assignment === mine) for (const [p, end] of upTo) this.positions.set(p, end)
    }
    if (this.#world.parts.resolvesOffsets === 'on receipt') resolve()
    this.consuming = true
    if (await this.#tryHandle(records, mine)) resolve()
    this.consuming = false
  }

  async #tryHandle(records: readonly ConsumedRecord[], mine: number): Promise<boolean> {
    const assignment: Assignment = { abandoned: () => this.#assignment !== mine, heartbeat: async () => {} }
    try {
      await this.#handle(records, assignment)
      return true
    } catch (error) {
      this.#world.tell(this.name, () => `lets go of them: ${(error as Error).message}`)
      return false
    }
  }

  /** The end of each partition's share in the next chunk. */
  #fetch(): Map<Partition, number> {
    const { calm, random, profile } = this.#world
    const upTo = new Map<Partition, number>()
    for (const [p, position] of this.positions) {
      const waiting = p.records.length - position
      if (waiting < 0 && (calm || random.chance(0.5))) this.#beginAgain(p)
      if (waiting <= 0 || (!calm && random.chance(0.4))) continue
      upTo.set(p, position + (calm ? waiting : 1 + random.below(Math.min(waiting, profile.batchMax))))
    }
    return upTo
  }

  /** The log is not that long any more: it begins where that does. */
  #beginAgain(partition: Partition): void {
    this.#world.tell(this.name, () => `finds ${partition.topic}/${partition.number} shorter than it was, and begins again`)
    this.positions.set(partition, 0)
    this.#world.broker.commit(this.service, partition, 0)
  }

  commitOffsets(): void {
    for (const [p, position] of this.positions) this.#world.broker.commit(this.service, p, position)
  }

  /** What the operator asks for: all letters again, or only those of compensations, whose time may have come. */
  async replay(which: 'all' | 'compensations'): Promise<void> {
    const results = which === 'all' ? this.#letters.replay({ all: true }) : this.#letters.retryCompensations()
    for (const { id, outcome } of await results) this.#world.tell(this.name, () => `replays ${id}: ${outcome}`)
  }

  /** One round of its relay. @returns how many messages it had to relay. */
  async relay(): Promise<number> {
    const { calm, random, profile, parts } = this.#world
    this.relaying = true
    let count = 0
    try {
      const messagesMax = calm ? 500 : 1 + random.below(profile.batchMax)
      const options = { store: this.store, publisher: this, catalogue: catalogueOf(this.service), messagesMax, faults: this }
      count = await parts.relayOnce(options)
    } catch (error) {
      if (!(error instanceof PassingFault)) throw error
    }
    this.relaying = false
    return count
  }
}
