import { ownTopic, type ServiceName, serviceNames } from '@shop/choreography'
import { Interned } from '../explorer/interned.ts'
import type { State } from '../explorer/model.ts'
import type { Message } from '../kit.ts'
import type { Parts, Properties, Shop } from './parts.ts'
import { type Local, Room } from './room.ts'

/** Is shown what may become of one cell for one reason. @returns whether to go on. */
export type Visit = (local: Local, service: number, key: number) => boolean

const isAtRest = (local: Local): boolean => local.isAtRest
const isIdle = (local: Local): boolean => local.steps.length === 0

const everyService = [...serviceNames.keys()]
const silent = everyService.filter((s) => ownTopic(serviceNames[s] as ServiceName) === undefined)
const telling = everyService.filter((s) => !silent.includes(s))

/** All services, and what may happen in a state at each of them. */
export class Floor {
  readonly keys: readonly string[]
  readonly rooms: readonly Room[]
  readonly #everyKey: readonly number[]
  /** The services at which orders share something. */
  readonly #sharing: readonly number[]

  constructor(keys: readonly string[], sharing: readonly string[], parts: Parts, properties: Properties) {
    const topics = new Interned<readonly Message[]>()
    this.keys = keys
    this.rooms = serviceNames.map((name) => new Room(name, keys, parts, properties, topics))
    this.#everyKey = [...keys.keys()]
    this.#sharing = everyService.filter((s) => sharing.includes(serviceNames[s] as string))
  }

  /** How many numbers make a state: the cells of each service by order, then what the services share. */
  get width(): number {
    return serviceNames.length * (this.keys.length + 1)
  }

  cellPlace(service: number, key: number): number {
    return service * this.keys.length + key
  }

  sharedPlace(service: number): number {
    return serviceNames.length * this.keys.length + service
  }

  cellOf(state: State, service: number, key: number): number {
    return state[this.cellPlace(service, key)] as number
  }

  sharedOf(state: State, service: number): number {
    return state[this.sharedPlace(service)] as number
  }

  /** The state as what its numbers stand for. */
  read(state: State): Shop {
    const place = (name: ServiceName): number => serviceNames.indexOf(name)
    const room = (name: ServiceName): Room => this.rooms[place(name)] as Room
    return {
      keys: this.keys,
      cell: (name, key) => room(name).cells.valueOf(this.cellOf(state, place(name), this.keys.indexOf(key))),
      shared: (name) => room(name).shared.valueOf(this.sharedOf(state, place(name))),
    }
  }

  /** Nothing is left to be relayed, to be read or to be replayed. */
  isAtRest(state: State): boolean {
    return this.#eachRelay(state, isAtRest) && this.#eachLocal(state, everyService, this.#everyKey, isAtRest)
  }

  /** Every order of steps. */
  walkAll(state: State, go: Visit): void {
    this.#eachRelay(state, go)
    this.#eachLocal(state, everyService, this.#everyKey, go)
  }

  /** The steps that are enough for now: the reductions that the model explains. */
  walkNeeded(state: State, go: Visit): void {
    if (!this.#eachRelay(state, (local, s, k) => go(local, s, k) && isIdle(local))) return
    for (const k of this.#everyKey) {
      const isApart = this.#eachLocal(state, this.#sharing, [k], isIdle) && !this.#eachLocal(state, telling, [k], isIdle)
      if (!isApart) continue
      this.#eachLocal(state, telling, [k], go)
      return
    }
    const isQuiet = this.#eachLocal(state, telling, this.#everyKey, isIdle)
    this.#eachLocal(state, isQuiet ? silent : telling, this.#everyKey, go)
  }

  /** Goes over what may become of some cells, by themselves and by what they read, until `visit` says false. */
  #eachLocal(state: State, among: readonly number[], ofKeys: readonly number[], visit: Visit): boolean {
    for (const s of among) {
      const room = this.rooms[s] as Room
      const shared = this.sharedOf(state, s)
      for (const k of ofKeys) {
        const cell = this.cellOf(state, s, k)
        if (!visit(room.own(k, cell, shared), s, k)) return false
        for (const [r, producer] of room.producers.entries()) {
          const topic = (this.rooms[producer] as Room).topicOf[this.cellOf(state, producer, k)] as number
          if (!visit(room.reading(k, r, cell, shared, topic), s, k)) return false
        }
      }
    }
    return true
  }

  #eachRelay(state: State, visit: Visit): boolean {
    for (const s of telling)
      for (const k of this.#everyKey) {
        const local = (this.rooms[s] as Room).relaying(k, this.cellOf(state, s, k), this.sharedOf(state, s))
        if (!visit(local, s, k)) return false
      }
    return true
  }
}
