/**
 * The choreographed shop as a model to explore. A state has a number for each service's cell of each order, and for what the orders share
 * at each service. Every step changes one service alone, and what may become of a cell depends on that cell, on what is shared there and on
 * the topic that it reads: it is worked out once by the real deciders, and looked up from then on.
 *
 * What is left out, and why no behaviour is lost by it:
 * - Publishing and forgetting are one step. Nothing sees whether the relay has forgotten; a relay that dies in between publishes again,
 *   and a copy of what was published may come at any time after.
 * - Redelivery is no part of the state. Whatever was read may come again at any time and any number of times, as the same record or as its
 *   copy. While the kit keeps its promise this changes nothing; when it does not, the change is another state.
 * - A message that its consumer does not react to is passed over: that changes an offset alone.
 * - Topics are kept per order. The kit promises no order between orders, and any is possible.
 *
 * With several orders, `isReduced` leaves out orders of steps that lead to the same state and that nothing can tell from each other:
 * - What is stored is relayed first. It takes from one end of the outbox what a handling adds to at the other, and only makes more
 *   possible: whatever could happen before it can happen after it, and a consumer may still take its time.
 * - A service that tells nothing (notification) comes last. Nobody else waits for it, and what it will read is kept on the topics.
 * - An order that has nothing to do where orders share something (accounts, stock) goes on alone: no step of another order can change
 *   what it can do, nor the other way round.
 */
import { ownTopic, type ServiceName, serviceNames } from '@shop/choreography'
import { Interned } from '../explorer/interned.ts'
import type { Inspected, Model, State } from '../explorer/model.ts'
import { emptyCell, type Message } from '../kit.ts'
import type { Parts, Properties, Shop, Statuses } from './parts.ts'
import { type Local, Room, statusesMax } from './room.ts'
import { placedCell, type World, worldsOf } from './worlds.ts'

type Visit = (local: Local, service: number, key: number) => boolean
const isAtRest = (local: Local): boolean => local.isAtRest
const isIdle = (local: Local): boolean => local.steps.length === 0

/** What the orders share at a service. */
const sharedIn: { readonly [S in ServiceName]?: (world: World) => unknown } = {
  payment: (world) => world.accounts,
  inventory: (world) => world.stocks,
}

/** Where the numbers of a state stand: the cells of each service by order, then what the services share. */
const placesOf = (keys: readonly string[]) => ({
  width: serviceNames.length * (keys.length + 1),
  cell: (service: number, key: number): number => service * keys.length + key,
  shared: (service: number): number => serviceNames.length * keys.length + service,
})

export interface Options {
  /** How many orders of the one customer and of the same goods: 1 or more. */
  readonly orders: number
  /** Leaves out orders of steps that make no difference while the kit keeps its promises; default false. */
  readonly isReduced?: boolean
}

export const choreographed = ({ orders, isReduced = false }: Options, parts: Parts, properties: Properties): Model => {
  const keys = Array.from({ length: orders }, (_, i) => String(i + 1))
  const places = placesOf(keys)
  const topics = new Interned<readonly Message[]>()
  const rooms = serviceNames.map((name) => new Room(name, keys, parts, properties, topics))
  const roomOf = (name: ServiceName): Room => rooms[serviceNames.indexOf(name)] as Room
  const shop = (state: State): Shop => ({
    keys,
    cell: (name, key) => roomOf(name).cells.valueOf(state[places.cell(serviceNames.indexOf(name), keys.indexOf(key))] as number),
    shared: (name) => roomOf(name).shared.valueOf(state[places.shared(serviceNames.indexOf(name))] as number),
  })

  const start = (world: World): State => {
    const state = new Uint32Array(places.width)
    for (const [s, room] of rooms.entries()) {
      for (const [k, key] of keys.entries())
        state[places.cell(s, k)] = room.cells.numberOf(room.name === 'order' ? placedCell(key, world) : emptyCell)
      state[places.shared(s)] = room.shared.numberOf(sharedIn[room.name]?.(world) ?? null)
    }
    return state
  }

  const everyRoom = [...rooms.keys()]
  const everyKey = [...keys.keys()]
  const silent = everyRoom.filter((s) => ownTopic(serviceNames[s] as ServiceName) === undefined)
  const telling = everyRoom.filter((s) => !silent.includes(s))

  /** Goes over what may become of some cells, by themselves and by what they read, until `visit` says false. */
  const eachLocal = (state: State, among: readonly number[], ofKeys: readonly number[], visit: Visit): boolean => {
    for (const s of among) {
      const room = rooms[s] as Room
      const shared = state[places.shared(s)] as number
      for (const k of ofKeys) {
        const cell = state[places.cell(s, k)] as number
        if (!visit(room.own(k, cell, shared), s, k)) return false
        for (const [r, producer] of room.producers.entries()) {
          const topic = (rooms[producer] as Room).topicOf[state[places.cell(producer, k)] as number] as number
          if (!visit(room.reading(k, r, cell, shared, topic), s, k)) return false
        }
      }
    }
    return true
  }

  const eachRelay = (state: State, visit: Visit): boolean => {
    for (const s of telling)
      for (const k of everyKey)
        if (!visit((rooms[s] as Room).relaying(k, state[places.cell(s, k)] as number, state[places.shared(s)] as number), s, k))
          return false
    return true
  }

  const sharing = everyRoom.filter((s) => (serviceNames[s] as ServiceName) in sharedIn)

  /** Every order of steps. */
  const walkAll = (state: State, go: Visit): void => {
    eachRelay(state, go)
    eachLocal(state, everyRoom, everyKey, go)
  }

  /** The steps that are enough for now: the reductions that are explained above. */
  const walkNeeded = (state: State, go: Visit): void => {
    if (!eachRelay(state, (local, s, k) => go(local, s, k) && isIdle(local))) return
    for (const k of everyKey) {
      const isApart = eachLocal(state, sharing, [k], isIdle) && !eachLocal(state, telling, [k], isIdle)
      if (isApart) return void eachLocal(state, telling, [k], go)
    }
    if (eachLocal(state, telling, everyKey, isIdle)) eachLocal(state, silent, everyKey, go)
    else eachLocal(state, telling, everyKey, go)
  }

  const flawOf = (state: State): string | undefined => {
    for (let k = 0; k < keys.length; k++) {
      const flaw = agreement(state, k)
      if (flaw !== undefined) return flaw
    }
    for (const [s, room] of rooms.entries()) {
      const ofShared = room.flawOfShared[state[places.shared(s)] as number]
      if (ofShared !== undefined) return ofShared
      for (let k = 0; k < keys.length; k++) {
        const ofCell = room.flawOfCell[state[places.cell(s, k)] as number]
        if (ofCell !== undefined) return ofCell
      }
    }
    return undefined
  }

  const agreements = new Map<number, string | undefined>()
  const agreement = (state: State, k: number): string | undefined => {
    let combined = 0
    for (const [s, room] of rooms.entries())
      combined = combined * statusesMax + (room.statusOf[state[places.cell(s, k)] as number] as number)
    if (!agreements.has(combined)) {
      const statuses = rooms.map((room, s) => [
        room.name,
        room.statuses.valueOf(room.statusOf[state[places.cell(s, k)] as number] as number),
      ])
      agreements.set(combined, properties.ofOrder(Object.fromEntries(statuses) as Statuses))
    }
    return agreements.get(combined)
  }

  const orderRoom = roomOf('order')
  const orderPlace = serviceNames.indexOf('order')
  const endOf = (state: State): string | undefined => {
    const kinds: string[] = []
    for (let k = 0; k < keys.length; k++) {
      const kind = orderRoom.endOf[state[places.cell(orderPlace, k)] as number]
      if (kind === undefined) return undefined
      kinds.push(kind)
    }
    return eachRelay(state, isAtRest) && eachLocal(state, everyRoom, everyKey, isAtRest) ? kinds.sort().join(' + ') : undefined
  }

  return {
    width: places.width,
    starts: worldsOf(orders).map((world) => ({ name: world.name, state: start(world) })),
    steps: (state, take) => {
      const next = state.slice()
      let idle = 0
      const go: Visit = (local, s, k) => {
        const [cell, shared] = [places.cell(s, k), places.shared(s)]
        for (const step of local.steps) {
          next[cell] = step.cell
          next[shared] = step.shared
          take(next, step.name)
        }
        next[cell] = state[cell] as number
        next[shared] = state[shared] as number
        idle += local.idle
        return true
      }
      if (isReduced) walkNeeded(state, go)
      else walkAll(state, go)
      return idle
    },
    inspect: (state): Inspected => {
      const flaw = flawOf(state)
      if (flaw !== undefined) return { wrong: flaw }
      const end = endOf(state)
      if (end === undefined) return {}
      const wrong = properties.atRest(shop(state))
      return { end, ...(wrong !== undefined && { wrong }) }
    },
  }
}
