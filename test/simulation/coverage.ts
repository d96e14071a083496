/**
 * What a campaign has met: kills at every fault point of every service, with every event type that can pass it there, and orders that
 * ended in every way. While something is missing, the campaign proves nothing about it.
 */
import { choreography, consumedBy, type EventDefinition, reactionsOf, type ServiceName, serviceNames } from '@shop/choreography'
import { type FaultPoint, faultPoints } from '@shop/messaging'
import type { Order } from '../../services/order/src/order.ts'

const typesAt = (point: FaultPoint, service: ServiceName): readonly string[] => {
  const starts: Readonly<Record<string, readonly EventDefinition[]>> = choreography[service].starts
  const started = Object.values(starts).flat()
  if (point === 'http-after-store') return started.map((e) => e.name)
  if (point.startsWith('relay-')) return [...started, ...reactionsOf(service).flatMap((r) => r.emits)].map((e) => e.name)
  return consumedBy(service).map((e) => e.name)
}

const killOf = (point: FaultPoint, service: ServiceName, type: string): string => `${point} ${service} ${type}`

/** `<point> <service> <type>` */
const kills = new Set(
  faultPoints.flatMap((point) =>
    serviceNames.flatMap((service) => typesAt(point, service).map((type) => killOf(point, service, type))),
  ),
)

const endOf = ({ status, reason, cancellationRequestedBy: by, cancellationRefused }: Order): string => {
  if (status === 'CANCELLED') return `CANCELLED: ${reason}${reason === 'order_cancelled' ? ` by ${by}` : ''}`
  return cancellationRefused ? `${status}: cancellation by ${by} refused` : status
}

const ends = new Set([
  'CONFIRMED',
  'CONFIRMED: cancellation by customer refused',
  'CONFIRMED: cancellation by deadline refused',
  'CANCELLED: insufficient_funds',
  'CANCELLED: unknown_customer',
  'CANCELLED: account_blocked',
  'CANCELLED: out_of_stock',
  'CANCELLED: unknown_sku',
  'CANCELLED: address_not_served',
  'CANCELLED: order_cancelled by customer',
  'CANCELLED: order_cancelled by deadline',
])

/** How often one kind of things has been met. */
export interface Met {
  readonly met: number
  readonly of: number
  readonly missing: readonly string[]
  readonly rarest: { readonly name: string; readonly times: number } | undefined
}

export class Coverage {
  readonly hits = new Map<string, number>()

  killed(point: FaultPoint, service: ServiceName, types: readonly string[]): void {
    for (const type of new Set(types)) this.#add(killOf(point, service, type), 1)
  }

  ended(order: Order): void {
    this.#add(endOf(order), 1)
  }

  merge(hits: Iterable<readonly [string, number]>): void {
    for (const [name, times] of hits) this.#add(name, times)
  }

  #add(name: string, times: number): void {
    this.hits.set(name, (this.hits.get(name) ?? 0) + times)
  }

  kills(): Met {
    return this.#met(kills)
  }

  ends(): Met {
    return this.#met(ends)
  }

  #met(all: ReadonlySet<string>): Met {
    const missing = [...all].filter((name) => !this.hits.has(name))
    const met = [...this.hits].filter(([name]) => all.has(name)).sort(([, a], [, b]) => a - b)
    const [rarest] = met.map(([name, times]) => ({ name, times }))
    return { met: met.length, of: all.size, missing, rarest }
  }
}
