import type { ServiceName } from '@shop/choreography'
import type { Parts } from '../choreographed/parts.ts'
import type { Service } from '../choreographed/services.ts'
import type { Message, Rules } from '../kit.ts'

/** A defect that somebody could have made, put in the place of a real part. */
export interface Bug {
  readonly name: string
  /** What the shop does wrong with it. */
  readonly does: string
  /** How many orders it takes to be seen; default 1. */
  readonly orders?: number
  readonly plant: (real: Parts) => Parts
}

/** Puts something else in the place of parts of one service. */
export const inService =
  (name: ServiceName, change: (real: Service) => Partial<Service>): Bug['plant'] =>
  (real) => ({ ...real, services: { ...real.services, [name]: { ...real.services[name], ...change(real.services[name]) } } })

/** Breaks rules of the kit at the given services; default all. */
export const inKit =
  (change: (real: Rules) => Partial<Rules>, only?: readonly ServiceName[]): Bug['plant'] =>
  (real) => {
    const names = only ?? (Object.keys(real.rules) as ServiceName[])
    return {
      ...real,
      rules: { ...real.rules, ...Object.fromEntries(names.map((n) => [n, { ...real.rules[n], ...change(real.rules[n]) }])) },
    }
  }

export const both =
  (...plants: readonly Bug['plant'][]): Bug['plant'] =>
  (real) =>
    plants.reduce((parts, plant) => plant(parts), real)

/** Changes what a service finds before it decides. */
export const finding = <State>(real: Service, change: (state: State, message: Message) => unknown): Pick<Service, 'react'> => ({
  react: (before, message, isRefused, tell) => {
    const state = before.state === null ? null : change(before.state as State, message)
    return real.react({ ...before, state }, message, isRefused, tell)
  },
})
