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
import { type ServiceName, serviceNames } from '@shop/choreography'
import type { Inspected, Model, State, Take } from '../explorer/model.ts'
import { emptyCell } from '../kit.ts'
import { Floor, type Visit } from './floor.ts'
import type { Parts, Properties, Statuses } from './parts.ts'
import { type Room, statusesMax } from './room.ts'
import { placedCell, type World, worldsOf } from './worlds.ts'

export interface Options {
  /** How many orders of the one customer and of the same goods: 1 or more. */
  readonly orders: number
  /** Leaves out orders of steps that make no difference while the kit keeps its promises; default false. */
  readonly isReduced?: boolean
}

/** What the orders share at a service. */
const sharedIn: { readonly [S in ServiceName]?: (world: World) => unknown } = {
  payment: (world) => world.accounts,
  inventory: (world) => world.stocks,
}

const start = (floor: Floor, world: World): State => {
  const state = new Uint32Array(floor.width)
  for (const [s, room] of floor.rooms.entries()) {
    for (const [k, key] of floor.keys.entries())
      state[floor.cellPlace(s, k)] = room.cells.numberOf(room.name === 'order' ? placedCell(key, world) : emptyCell)
    state[floor.sharedPlace(s)] = room.shared.numberOf(sharedIn[room.name]?.(world) ?? null)
  }
  return state
}

/** Takes all steps that are offered. @returns how many more change nothing. */
const stepsOf = (floor: Floor, state: State, isReduced: boolean, take: Take): number => {
  const next = state.slice()
  let idle = 0
  const go: Visit = (local, s, k) => {
    const [cell, shared] = [floor.cellPlace(s, k), floor.sharedPlace(s)]
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
  if (isReduced) floor.walkNeeded(state, go)
  else floor.walkAll(state, go)
  return idle
}

/** Asks whether the services agree about an order; once for each combination of their statuses. */
const agreementBy = (floor: Floor, properties: Properties): ((state: State, key: number) => string | undefined) => {
  const known = new Map<number, string | undefined>()
  const numberOf = (state: State, room: Room, s: number, k: number) => room.statusOf[floor.cellOf(state, s, k)] as number
  return (state, k) => {
    let combined = 0
    for (const [s, room] of floor.rooms.entries()) combined = combined * statusesMax + numberOf(state, room, s, k)
    if (!known.has(combined)) {
      const statuses = floor.rooms.map((room, s) => [room.name, room.statuses.valueOf(numberOf(state, room, s, k))])
      known.set(combined, properties.ofOrder(Object.fromEntries(statuses) as Statuses))
    }
    return known.get(combined)
  }
}

/** What is wrong at one of the services. */
const flawOf = (floor: Floor, state: State): string | undefined => {
  for (const [s, room] of floor.rooms.entries()) {
    const ofShared = room.flawOfShared[floor.sharedOf(state, s)]
    if (ofShared !== undefined) return ofShared
    for (let k = 0; k < floor.keys.length; k++) {
      const ofCell = room.flawOfCell[floor.cellOf(state, s, k)]
      if (ofCell !== undefined) return ofCell
    }
  }
  return undefined
}

const orderPlace = serviceNames.indexOf('order')

export const choreographed = ({ orders, isReduced = false }: Options, parts: Parts, properties: Properties): Model => {
  const keys = Array.from({ length: orders }, (_, i) => String(i + 1))
  const floor = new Floor(keys, Object.keys(sharedIn), parts, properties)
  const agreement = agreementBy(floor, properties)

  const endOf = (state: State): string | undefined => {
    const kinds = keys.map((_, k) => floor.rooms[orderPlace]?.endOf[floor.cellOf(state, orderPlace, k)])
    if (kinds.includes(undefined)) return undefined
    return floor.isAtRest(state) ? kinds.sort().join(' + ') : undefined
  }

  const inspect = (state: State): Inspected => {
    for (let k = 0; k < keys.length; k++) {
      const disagreement = agreement(state, k)
      if (disagreement !== undefined) return { wrong: disagreement }
    }
    const flaw = flawOf(floor, state)
    if (flaw !== undefined) return { wrong: flaw }
    const end = endOf(state)
    if (end === undefined) return {}
    const wrong = properties.atRest(floor.read(state))
    return { end, ...(wrong !== undefined && { wrong }) }
  }

  return {
    width: floor.width,
    starts: worldsOf(orders).map((world) => ({ name: world.name, state: start(floor, world) })),
    steps: (state, take) => stepsOf(floor, state, isReduced, take),
    inspect,
  }
}
