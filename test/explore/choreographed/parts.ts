import { type ServiceName, serviceNames } from '@shop/choreography'
import { type Cell, type Rules, rules } from '../kit.ts'
import type { Judge, RequestCancellation } from './handling.ts'
import { realServices, type Services } from './services.ts'

/** What the shop is made of. A planted bug replaces some of it. */
export interface Parts {
  readonly services: Services
  readonly rules: Readonly<Record<ServiceName, Rules>>
  readonly requestCancellation?: RequestCancellation
}

export const realParts: Parts = {
  services: realServices,
  rules: Object.fromEntries(serviceNames.map((name) => [name, rules])) as Record<ServiceName, Rules>,
}

/** A state of the whole shop, read. */
export interface Shop {
  readonly keys: readonly string[]
  cell(service: ServiceName, key: string): Cell
  shared(service: ServiceName): unknown
}

/** What must hold; each part says what is wrong. */
export interface Properties {
  readonly ofHandling: Judge
  /** Asked once for each cell, and for each value of what is shared. */
  ofCell(service: ServiceName, cell: Cell): string | undefined
  ofShared(service: ServiceName, shared: unknown): string | undefined
  /** Asked in each state, with the states of one order's aggregates as `statusOf` tells them. */
  ofOrder(statuses: Statuses): string | undefined
  /** Asked when nothing is left to do. */
  atRest(shop: Shop): string | undefined
}

/** Of one order, by service: the status of its aggregate, `none` before there is any. */
export type Statuses = Readonly<Record<ServiceName, string>>
