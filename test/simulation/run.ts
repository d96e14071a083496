/** One run: a seed decides everything that happens; then the faults stop, all comes to rest, and the whole shop is judged. */
import { type ServiceName, serviceNames } from '@shop/choreography'
import { judge } from '../../tools/check/invariants.ts'
import type { Breach } from './breach.ts'
import { compensationRestMsMax, compensationsTried, setClock } from './clocks.ts'
import type { Coverage } from './coverage.ts'
import { Customers } from './customers.ts'
import { deleteUnread, echo, garble, rewind, tellAllAgain } from './disturbances.ts'
import { forge } from './forgery.ts'
import { Group } from './group.ts'
import { loseTail } from './losing-log.ts'
import { putOddRecord } from './odd-records.ts'
import { hasOutgoing, type Parts, replayable } from './parts.ts'
import type { Process } from './process.ts'
import { profileOf, requestsOf } from './profile.ts'
import { Random } from './random.ts'
import { answersKept, cancellationsHonoured, copiesAreExact, handledInOrder, honestIsTrusted, lettersHaveCause } from './rules.ts'
import { snapshotOf } from './snapshot.ts'
import { canBeToldAgain } from './told-again.ts'
import { World } from './world.ts'

export interface RunOptions {
  readonly seed: number
  readonly parts: Parts
  readonly coverage: Coverage
  readonly trace?: ((line: string) => void) | undefined
}

const processesMax = 2
/** More rounds than any sound run needs: what is not at rest then never will be. */
const roundsMax = 100

interface Step {
  readonly process: Process
  readonly does: 'relay' | 'consume'
}

/** What nobody can read is told again by nobody: a consumer that stood behind the end of a log has missed it. */
const isMissed = ({ hadForgotten }: World, { id, text }: Breach): boolean =>
  hadForgotten && id === 'consumed-handled' && text.includes('has not dead-lettered')

/**
 * Decision 17: a forged StockReserved that comes first makes its order doubt the delivery of the true one, until that is told again. Only
 * access control can keep it away.
 */
const isStandingForForgery = ({ forged }: World, breaches: readonly Breach[]) => {
  const types = new Set(forged.values())
  const doubting = breaches.filter(
    ({ id, text }) => id === 'honest-is-trusted' && text.includes('answers a reservation that nobody told of'),
  )
  const orders = new Set(types.has('StockReserved') ? doubting.map((breach) => breach.orderId) : [])
  return ({ id, orderId }: Breach): boolean => orders.size > 0 && (id === 'stock-at-rest' || orders.has(orderId))
}

const withoutLeftOut = (world: World, breaches: readonly Breach[]): readonly Breach[] => {
  const stands = isStandingForForgery(world, breaches)
  return breaches.filter((breach) => !isMissed(world, breach) && !stands(breach))
}

class Run {
  readonly #world: World
  readonly #groups: ReadonlyMap<ServiceName, Group>
  readonly #customers: Customers
  readonly #coverage: Coverage

  constructor({ seed, parts, coverage, trace }: RunOptions) {
    const random = new Random(seed)
    const requests = requestsOf(random)
    const profile = profileOf(random, requests.length)
    this.#world = new World({ random, profile, parts, coverage, trace })
    this.#groups = new Map(serviceNames.map((s) => [s, new Group(this.#world, s)]))
    this.#customers = new Customers(this.#world, requests)
    this.#coverage = coverage
  }

  async go(): Promise<readonly Breach[]> {
    const world = this.#world
    for (let step = 0; step < world.profile.stepsMax; step++) {
      world.nowMs += world.random.below(40)
      if (world.random.chance(world.profile.unrest)) await this.#disturb()
      else if (!(await this.#proceed()) && world.random.chance(0.3)) break
    }
    world.tell('', () => 'the faults stop')
    world.calm = true
    world.nowMs += compensationRestMsMax
    const restless = await this.#comeToRest()
    return [...world.breaches, ...restless, ...this.#judge()]
  }

  #processes(): readonly Process[] {
    return [...this.#groups.values()].flatMap((g) => g.processes)
  }

  #someProcess(service?: ServiceName): Process | undefined {
    const { random } = this.#world
    const processes = this.#groups.get(service ?? random.pick(serviceNames))?.processes ?? []
    return processes.length === 0 ? undefined : random.pick(processes)
  }

  /** One thing that gets the orders on. @returns false when there was none. */
  async #proceed(): Promise<boolean> {
    const { random, scheduler } = this.#world
    if (scheduler.pausedCount > 0 && random.chance(0.4)) {
      await scheduler.goOn(random.below(scheduler.pausedCount))
      return true
    }
    const ready = this.#ready()
    const choice = random.below(ready.length + 2)
    const step = ready[choice]
    if (step !== undefined) await this.#begin(step.process, (p) => p[step.does]())
    else if (choice === ready.length) await this.#place()
    else this.#someProcess()?.commitOffsets()
    return ready.length > 0 || this.#customers.waitingCount > 0 || scheduler.pausedCount > 0
  }

  /** What the processes have to do. */
  #ready(): Step[] {
    const steps: Step[] = []
    for (const { processes, service } of this.#groups.values()) {
      const hasToRelay = processes.length > 0 && hasOutgoing(this.#world.databases, service)
      for (const process of processes) {
        if (hasToRelay && !process.relaying) steps.push({ process, does: 'relay' })
        if (!process.consuming && process.lag()) steps.push({ process, does: 'consume' })
      }
    }
    return steps
  }

  #place(): Promise<void> {
    return this.#begin(this.#someProcess('order'), (p) => this.#customers.placeNext(p))
  }

  async #disturb(): Promise<void> {
    const { random } = this.#world
    const process = this.#someProcess()
    if (random.chance(this.#world.profile.forgery)) return forge(this.#world)
    switch (random.below(15)) {
      case 0:
      case 1:
        return this.#begin(this.#someProcess('order'), (p) => this.#customers.cancel(p))
      case 2:
        return this.#begin(this.#someProcess('order'), (p) => this.#customers.cancelOverdue(p))
      case 3:
        return this.#begin(this.#someProcess('order'), (p) => this.#customers.repeat(p))
      case 4:
        return echo(this.#world)
      case 5:
        return random.chance(0.2) ? garble(this.#world) : undefined
      case 6:
        return process && rewind(this.#world, process)
      case 7:
        return this.#begin(process, (p) => p.replay(random.pick(['all', 'all', 'compensations'])))
      case 8:
        return this.#world.profile.crash > 0 && random.chance(0.3) ? process?.kill('killed') : undefined
      case 9:
        return random.chance(0.1) && this.#world.profile.forgery === 0 ? deleteUnread(this.#world, this.#processes()) : undefined
      case 10:
        return random.chance(0.3) ? putOddRecord(this.#world) : undefined
      case 11:
        // Like the above not among forgeries: when a log is lost, so is what would show that a record which some have seen was none of its owner's.
        return random.chance(0.15) && this.#world.profile.forgery === 0 ? loseTail(this.#world) : undefined
      case 12:
        return random.chance(0.5) ? setClock(this.#world, this.#processes()) : undefined
      default:
        return this.#startOne()
    }
  }

  #startOne(): void {
    const { random } = this.#world
    const groups = [...this.#groups.values()]
    const empty = groups.filter((g) => g.processes.length === 0)
    const group = random.pick(empty.length > 0 ? empty : groups)
    if (group.processes.length === 0 || (group.processes.length < processesMax && random.chance(0.3))) group.start()
  }

  async #begin(process: Process | undefined, work: (process: Process) => Promise<unknown>): Promise<void> {
    if (process !== undefined) await this.#world.scheduler.start(process, () => work(process))
  }

  async #comeToRest(): Promise<readonly Breach[]> {
    const { scheduler } = this.#world
    for (let round = 0; round < roundsMax; round++) {
      while (scheduler.pausedCount > 0) await scheduler.goOn(0)
      let busy = false
      for (const group of this.#groups.values()) {
        if (group.processes.length === 0) group.start()
        for (const process of group.processes) busy = (await this.#settle(process)) || busy
      }
      if (!busy && !this.#world.forgot) return []
      if (!busy) tellAllAgain(this.#world)
    }
    const letters = serviceNames.reduce((sum, service) => sum + replayable(this.#world.databases, service), 0)
    return [
      { id: 'comes-to-rest', text: `is not at rest after ${roundsMax} rounds without faults; ${letters} dead letters wait` },
    ]
  }

  /** Does all that a process has to do now. @returns false when that was nothing. */
  async #settle(process: Process): Promise<boolean> {
    let busy = false
    if (process.service === 'order' && this.#customers.waitingCount > 0) {
      busy = true
      await this.#place()
    }
    if (process.lag()) {
      busy = true
      await this.#begin(process, () => process.consume())
    }
    if (replayable(this.#world.databases, process.service) > 0) {
      busy = true
      await this.#begin(process, () => process.replay('compensations'))
      this.#world.breaches.push(...compensationsTried(this.#world, process))
      await this.#begin(process, () => process.replay('all'))
    }
    return (await process.relay()) > 0 || busy
  }

  #judge(): readonly Breach[] {
    const world = this.#world
    const snapshot = snapshotOf(world)
    const orders = [...snapshot.orders]
    for (const { order } of orders) if (order !== undefined) this.#coverage.ended(order)
    return withoutLeftOut(world, [
      ...judge({ ...snapshot, orders }).flatMap(({ id, violations }) => violations.map((v) => ({ id, ...v }))),
      ...answersKept(world, this.#customers.answers),
      ...cancellationsHonoured(orders),
      // What was lost is handled behind what came later.
      ...(world.hadForgotten ? [] : handledInOrder(world, orders)),
      ...lettersHaveCause(world),
      ...copiesAreExact(world),
      ...honestIsTrusted(world),
      ...canBeToldAgain(world, serviceNames),
    ])
  }
}

/** @returns what is wrong at the end; nothing in a sound run. @throws what the code of the shop lets escape. */
export const run = (options: RunOptions): Promise<readonly Breach[]> => new Run(options).go()
