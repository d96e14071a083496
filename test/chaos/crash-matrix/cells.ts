/** PURE: every fault point of every service, with every event that passes it, and an order that brings this event about. */
import { choreography, consumedBy, edges, type ServiceName, serviceNames } from '@shop/choreography'
import { type FaultPoint, faultPoints } from '@shop/messaging'

export interface Cell {
  readonly service: ServiceName
  readonly point: FaultPoint
  /** of the event that passes the point */
  readonly type: string
}

/** An order that leads to an event. */
export interface Recipe {
  readonly customerId: string
  readonly sku: string
  readonly country: string
  readonly cancelled?: true
}

const good: Recipe = { customerId: 'load-050', sku: 'sticker', country: 'DE' }
const declined: Recipe = { ...good, customerId: 'mallory' }
const unserved: Recipe = { ...good, country: 'AQ' }
const recipes: Readonly<Record<string, Recipe>> = {
  PaymentDeclined: declined,
  OrderCancelled: declined,
  StockRejected: { ...good, sku: 'unicorn' },
  PaymentRefunded: { ...good, sku: 'unicorn' },
  DeliveryRejected: unserved,
  StockReleased: unserved,
  OrderCancellationRequested: { ...good, cancelled: true },
}

/** The one above that brings the event about; else an order that is confirmed. */
export const recipeFor = (type: string): Recipe => recipes[type] ?? good

const started = (service: ServiceName): string[] => [
  ...new Set(Object.values(choreography[service].starts).flatMap((events) => events.map((e) => e.name))),
]
const emitted = (service: ServiceName): string[] => [
  ...new Set([...started(service), ...edges.filter((e) => e.service === service).map((e) => e.effect.name)]),
]

/** The events that pass a point: consumed ones while handling, told ones at the relay, those of commands before their answer. */
const typesAt = (service: ServiceName, point: FaultPoint): string[] => {
  if (point.startsWith('relay-')) return emitted(service)
  if (point.startsWith('http-')) return started(service)
  return consumedBy(service).map((e) => e.name)
}

export const allCells: readonly Cell[] = serviceNames.flatMap((service) =>
  faultPoints.flatMap((point) => typesAt(service, point).map((type) => ({ service, point, type }))),
)

/** One for each service, each at another kind of point. */
export const someCells: readonly Cell[] = [
  { service: 'order', point: 'http-after-store', type: 'OrderPlaced' },
  { service: 'payment', point: 'after-commit', type: 'OrderPlaced' },
  { service: 'inventory', point: 'relay-after-publish', type: 'StockReleased' },
  { service: 'delivery', point: 'before-offset-commit', type: 'OrderCancellationRequested' },
  { service: 'notification', point: 'before-commit', type: 'OrderCancelled' },
]
