/** The processes of one service, among which its partitions are shared. */
import type { ServiceName } from '@shop/choreography'
import { Process } from './process.ts'
import { topicsOf } from './subscriptions.ts'
import type { World } from './world.ts'

export class Group {
  readonly service: ServiceName
  processes: readonly Process[] = []
  readonly #world: World
  #started = 0

  constructor(world: World, service: ServiceName) {
    this.#world = world
    this.service = service
    this.start()
  }

  start(): void {
    const process = new Process(this.#world, this.service, ++this.#started, (ended) => {
      this.processes = this.processes.filter((p) => p !== ended)
      this.#share()
    })
    if (this.#started > 1) this.#world.tell(process.name, () => 'starts')
    // Who is told of a change of the group in time commits what it has done.
    if (this.#world.calm || this.#world.random.chance(0.5)) for (const p of this.processes) p.commitOffsets()
    this.processes = [...this.processes, process]
    this.#share()
  }

  #share(): void {
    const partitions = topicsOf(this.service).flatMap((t) => this.#world.broker.partitions(t))
    for (const [i, process] of this.processes.entries())
      process.assign(partitions.filter((_, n) => n % this.processes.length === i))
  }
}
