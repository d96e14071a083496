/** Where processes were killed: every fault point of every service, with every event type that can pass it there. */
import { choreography, consumedBy, type EventDefinition, reactionsOf, type ServiceName, serviceNames } from '@shop/choreography'
import { type FaultPoint, faultPoints } from '@shop/messaging'

/** `<point> <service> <type>` */
export type Cell = string
export const cellOf = (point: FaultPoint, service: ServiceName, type: string): Cell => `${point} ${service} ${type}`

const typesAt = (point: FaultPoint, service: ServiceName): readonly string[] => {
  const starts: Readonly<Record<string, readonly EventDefinition[]>> = choreography[service].starts
  const started = Object.values(starts).flat()
  if (point === 'http-after-store') return started.map((e) => e.name)
  if (point.startsWith('relay-')) return [...started, ...reactionsOf(service).flatMap((r) => r.emits)].map((e) => e.name)
  return consumedBy(service).map((e) => e.name)
}

/** Every cell that a run can hit. */
export const cells: readonly Cell[] = [
  ...new Set(
    faultPoints.flatMap((point) =>
      serviceNames.flatMap((service) => typesAt(point, service).map((type) => cellOf(point, service, type))),
    ),
  ),
]

/** How often each cell was hit. */
export class Coverage {
  readonly hits = new Map<Cell, number>()

  hit(point: FaultPoint, service: ServiceName, types: readonly string[]): void {
    for (const type of new Set(types)) this.#add(cellOf(point, service, type), 1)
  }

  merge(other: Iterable<readonly [Cell, number]>): void {
    for (const [cell, count] of other) this.#add(cell, count)
  }

  #add(cell: Cell, count: number): void {
    this.hits.set(cell, (this.hits.get(cell) ?? 0) + count)
  }

  missing(): Cell[] {
    return cells.filter((cell) => !this.hits.has(cell))
  }
}
