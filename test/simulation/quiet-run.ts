/** A run in which nothing fails: what is tried in it is the one thing that goes wrong. */
import { serviceNames } from '@shop/choreography'
import { Coverage } from './coverage.ts'
import { Customers } from './customers.ts'
import { Group } from './group.ts'
import { realParts } from './parts.ts'
import type { Process } from './process.ts'
import { profileOf, requestsOf } from './profile.ts'
import { Random } from './random.ts'
import { World } from './world.ts'

const roundsMax = 60

export class QuietRun {
  readonly world: World
  protected readonly groups: readonly Group[]
  protected readonly customers: Customers

  /** @param times how often what one run orders is ordered */
  constructor(seed: number, times: number) {
    const random = new Random(seed)
    const requests = Array.from({ length: times }, () => requestsOf(random)).flat()
    const sound = { crash: 0, fail: 0, pause: 0, unacknowledged: 0, poison: 0, batchMax: 3 }
    const profile = { ...profileOf(random, requests.length), ...sound }
    this.world = new World({ random, profile, parts: realParts, coverage: new Coverage() })
    this.groups = serviceNames.map((service) => new Group(this.world, service))
    this.customers = new Customers(this.world, requests)
  }

  protected get processes(): readonly Process[] {
    return this.groups.flatMap((g) => g.processes)
  }

  protected get orderProcess(): Process {
    const order = this.processes.find((p) => p.service === 'order')
    if (order === undefined) throw new Error('there is no order service')
    return order
  }

  /** Some of what a process has to read and to relay. @returns false when there was none. */
  protected async step(process: Process): Promise<boolean> {
    const lags = process.lag()
    if (lags) await this.world.scheduler.start(process, () => process.consume())
    return (await process.relay()) > 0 || lags
  }

  /** Goes on until nothing is left to do. */
  protected async settle(): Promise<void> {
    this.world.calm = true
    for (let round = 0; round < roundsMax; round++) {
      let busy = false
      for (const process of this.processes) busy = (await this.step(process)) || busy
      if (!busy) return
    }
  }
}
