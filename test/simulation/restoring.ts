/** One service's database is brought back from a backup, over memory: what is wrong afterwards, and what telling again heals. */
import type { ServiceName } from '@shop/choreography'
import { MemoryTables } from '@shop/messaging/memory'
import { judge } from '../../tools/check/invariants.ts'
import { tellAllAgain } from './disturbances.ts'
import type { AnyDatabase } from './further-services.ts'
import { QuietRun } from './quiet-run.ts'
import { snapshotOf } from './snapshot.ts'

const stepsPerOrder = 12
const toldTimes = 2

const put = <K, V>(map: Map<K, V>, entries: readonly (readonly [K, V])[]): void => {
  map.clear()
  for (const [key, value] of entries) map.set(key, value)
}

/** All that it has now but letters, of which there are none here. @returns what brings it back */
const backUp = (database: AnyDatabase): (() => void) => {
  if (!(database instanceof MemoryTables)) {
    const documents = structuredClone([...database.documents])
    return () => put(database.documents as Map<string, unknown>, documents)
  }
  const [rows, arrivals] = [structuredClone([...database.rows]), structuredClone([...database.arrivals])]
  const [inbox, outbox] = [[...database.inbox], [...database.outbox]]
  return () => {
    put(database.rows, rows)
    put(database.arrivals, arrivals)
    database.inbox.clear()
    for (const id of inbox) database.inbox.add(id)
    database.outbox = outbox
    database.version++
  }
}

class Restored extends QuietRun {
  readonly #steps: number

  constructor(seed: number) {
    super(seed, 3)
    this.#steps = this.customers.waitingCount * stepsPerOrder
  }

  /** Orders are placed and cancelled, and the services go on. @returns what brings the service's database back to some moment of it */
  async load(service: ServiceName): Promise<() => void> {
    const { random, scheduler, databases } = this.world
    const order = this.orderProcess
    const backupAt = random.below(this.#steps)
    let restore = () => {}
    for (let step = 0; step < this.#steps; step++) {
      this.world.nowMs += 10
      if (step % stepsPerOrder === 0) await scheduler.start(order, () => this.customers.placeNext(order))
      if (random.chance(0.04)) await scheduler.start(order, () => this.customers.cancel(order))
      await this.step(random.pick(this.processes))
      if (step === backupAt) restore = backUp(databases[service])
    }
    await this.settle()
    return restore
  }

  /** An orderly end, which commits what it has read. */
  async bringBack(service: ServiceName, restore: () => void): Promise<void> {
    for (const process of this.processes)
      if (process.service === service) {
        process.commitOffsets()
        process.kill('ends')
      }
    restore()
    for (const group of this.groups) if (group.service === service) group.start()
    this.world.hadForgotten = true
    await this.settle()
  }

  async tellAgain(): Promise<void> {
    for (let i = 0; i < toldTimes; i++) {
      tellAllAgain(this.world)
      await this.settle()
    }
  }

  get openCount(): number {
    const states = [...this.world.databases.order.documents.values()].map(({ state }) => state?.status)
    return states.filter((status) => status === 'PENDING' || status === 'CANCELLING').length
  }
}

/** @returns orders that were open before and after it was told again, and what is wrong then */
export const restore = async (service: ServiceName, seed: number) => {
  const run = new Restored(seed)
  await run.bringBack(service, await run.load(service))
  const openBefore = run.openCount
  await run.tellAgain()
  const violations = judge(snapshotOf(run.world)).flatMap(({ id, violations }) =>
    violations.map(({ text }) => ({ invariant: id, text })),
  )
  return { openBefore, open: run.openCount, violations }
}
