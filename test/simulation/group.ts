/** The processes of one service, among which its partitions are shared. */
import type { ServiceName } from '@shop/choreography'
import { MemoryGroup } from '@shop/messaging/memory'
import { Process } from './process.ts'
import { topicsOf } from './subscriptions.ts'
import type { World } from './world.ts'

export class Group {
  readonly service: ServiceName
  readonly #world: World
  readonly #members: MemoryGroup<Process>
  #started = 0

  constructor(world: World, service: ServiceName) {
    this.#world = world
    this.service = service
    this.#members = new MemoryGroup(world.broker, topicsOf(service))
    this.start()
  }

  get processes(): readonly Process[] {
    return this.#members.members
  }

  start(): void {
    const process = new Process(this.#world, this.service, ++this.#started, (ended) => this.#members.leave(ended))
    if (this.#started > 1) this.#world.tell(process.name, () => 'starts')
    // Who is told of a change of the group in time commits what it has done.
    if (this.#world.calm || this.#world.random.chance(0.5)) for (const p of this.processes) p.commitOffsets()
    this.#members.join(process)
  }
}
