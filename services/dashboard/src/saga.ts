/**
 * Pure: what the events of one order say about it. Everything here is a function of the set of events, not of the order in which they
 * came: topics are independent, and a rebuilt store has read them in another order.
 */
import { allEvents, compensations, edges, eventNamed, reactionsOf, serviceNames, terminal } from '@shop/choreography'
import type { OrderState, SagaCompensation, SagaExpectation } from './api.ts'
import { undecodable } from './observation.ts'
import { iso } from './times.ts'

/** The part of an event that conclusions are drawn from. */
export interface Told {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly id: string
  readonly type: string
  readonly causationId: string | null
  /** Milliseconds since 1970. */
  readonly at: number
  /** `<topic>/<partition>/<offset>` of the first record with the same id; null for that one. */
  readonly copyOf: string | null
}

export const positionOf = ({ topic, partition, offset }: Pick<Told, 'topic' | 'partition' | 'offset'>): string =>
  `${topic}/${partition}/${offset}`

/** The events that count: no copies, nothing undecodable. */
export const genuine = <E extends Told>(events: readonly E[]): readonly E[] =>
  events.filter((e) => e.copyOf === null && e.type !== undecodable)

const terminalTypes = new Set<string>(terminal.map((e) => e.name))
const undoingTypes = new Set<string>(compensations.map((c) => c.undoneBy.name))
export const isTerminal = (type: string): boolean => terminalTypes.has(type)
export const isUndoing = (type: string): boolean => undoingTypes.has(type)

export const stateOf = (events: readonly Told[]): OrderState => {
  const types = new Set(events.map((e) => e.type))
  if (types.has('OrderConfirmed')) return 'CONFIRMED'
  if (types.has('OrderCancelled')) return 'CANCELLED'
  return types.has('OrderCancellationRequested') ? 'CANCELLING' : 'PENDING'
}

/** Reactions that the choreography declares and whose emissions have not been seen. An ended order expects none. */
export const expectationsOf = (events: readonly Told[]): readonly SagaExpectation[] => {
  const told = genuine(events)
  if (told.some((e) => isTerminal(e.type))) return []
  const types = new Set(told.map((e) => e.type))
  const answered = new Set(told.map((e) => `${eventNamed(e.type)?.service} ${e.causationId}`))
  return told.flatMap((event) =>
    serviceNames.flatMap((service) => {
      const reaction = reactionsOf(service).find((r) => r.on.name === event.type)
      if (reaction === undefined || reaction.emits.length === 0 || answered.has(`${service} ${event.id}`)) return []
      const needs = reaction.needs.map((e) => e.name).filter((name) => !types.has(name))
      const mayEmit = reaction.emits.map((e) => e.name)
      return [{ service, on: event.type, onId: event.id, mayEmit, needs, since: iso(event.at) }]
    }),
  )
}

/** Each step that has a compensation, with the event that undid it when there is one. */
export const compensationsOf = (events: readonly Told[]): readonly SagaCompensation[] => {
  const told = genuine(events)
  return compensations.flatMap(({ step, undoneBy }) => {
    const undoing = told.find((e) => e.type === undoneBy.name)
    return told
      .filter((e) => e.type === step.name)
      .map((e) => ({
        stepType: step.name,
        stepId: e.id,
        undoneByType: undoneBy.name,
        ...(undoing === undefined ? {} : { undoneById: undoing.id }),
      }))
  })
}

export const edgeName = (cause: string, effect: string): string => `${cause}>${effect}`

const declared = new Set(edges.map((e) => edgeName(e.cause.name, e.effect.name)))

/** The arrows of the choreography that were walked in this saga, by name. */
export const edgesWalked = (events: readonly Told[]): readonly string[] => {
  const told = genuine(events)
  const types = new Map(told.map((e) => [e.id, e.type]))
  return told.flatMap(({ causationId, type }) => {
    const cause = causationId === null ? undefined : types.get(causationId)
    const name = cause === undefined ? undefined : edgeName(cause, type)
    return name !== undefined && declared.has(name) ? [name] : []
  })
}

/** The names of the events that a service owns. */
export const ownedBy = (service: string): readonly string[] => allEvents.filter((e) => e.service === service).map((e) => e.name)
