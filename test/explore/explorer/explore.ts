/** Walks all states that a model can reach, breadth first, so that the first trace to anything is a shortest one. Knows no shop. */
import type { Model } from './model.ts'
import { Numbers } from './numbers.ts'
import { StateTable } from './state-table.ts'

export interface Bounds {
  /** Stops once so many states are known; default none. */
  readonly statesMax?: number | undefined
  /** Goes no further than so many steps from a start; default none. */
  readonly depthMax?: number | undefined
}

export interface Violation {
  /** `wrong`: something does not hold in the last state. `stuck`: nothing can happen there, and it is no end. `no-end`: no way leads to an end. */
  readonly kind: 'wrong' | 'stuck' | 'no-end'
  readonly text: string
  /** Where it began, and the steps from there; none is shorter. */
  readonly trace: readonly string[]
}

export interface Exploration {
  readonly states: number
  /** Steps from one state to another. */
  readonly transitions: number
  /** Steps that changed nothing, such as what is delivered again and dropped. */
  readonly idle: number
  /** Most steps on a shortest way from a start. */
  readonly depth: number
  /** Which bound ended it; absent when all that can be reached was walked. */
  readonly boundedBy?: 'states' | 'depth'
  /** States that were met, but not gone on from. */
  readonly open: number
  /** How many states are an end, by its kind. */
  readonly ends: Readonly<Record<string, number>>
  /** The first one; nothing is explored after it. */
  readonly violation?: Violation
  readonly seconds: number
}

const noParent = 0xffff_ffff

class Walk {
  readonly model: Model
  readonly table: StateTable
  /** By state: from where it was met first, and by which of the steps there. */
  readonly parents = new Numbers()
  readonly ordinals = new Numbers()
  /** The steps of all states one after the other; those of state i begin at `firstSteps.at(i)`. */
  readonly steps = new Numbers()
  readonly firstSteps = new Numbers()
  readonly ends = new Map<string, number>()
  readonly endStates = new Numbers()
  idle = 0

  constructor(model: Model) {
    this.model = model
    this.table = new StateTable(model.width)
  }

  /** @returns what is wrong in the state, when it is new. */
  meet(state: Uint32Array, parent: number, ordinal: number): { readonly index: number; readonly wrong?: string } {
    const known = this.table.count
    const index = this.table.add(state)
    if (index < known) return { index }
    this.parents.push(parent)
    this.ordinals.push(ordinal)
    const { wrong, end } = this.model.inspect(state)
    if (end !== undefined) {
      this.ends.set(end, (this.ends.get(end) ?? 0) + 1)
      this.endStates.push(index)
    }
    return wrong === undefined ? { index } : { index, wrong }
  }

  /** Goes all steps of a state. @returns the violation that one of them leads to. */
  expand(index: number): Violation | undefined {
    const state = this.table.state(index)
    let violation: Violation | undefined
    let ordinal = 0
    this.firstSteps.push(this.steps.length)
    this.idle += this.model.steps(state, (next) => {
      if (violation !== undefined) return
      const met = this.meet(next, index, ordinal++)
      this.steps.push(met.index)
      if (met.wrong !== undefined) violation = { kind: 'wrong', text: met.wrong, trace: this.traceTo(met.index) }
    })
    if (violation !== undefined || ordinal > 0 || this.model.inspect(state).end !== undefined) return violation
    return { kind: 'stuck', text: 'nothing can happen any more, and it is no end', trace: this.traceTo(index) }
  }

  /** Walks the way again from its start: names are not kept. */
  traceTo(index: number): string[] {
    const ordinals: number[] = []
    let at = index
    for (; this.parents.at(at) !== noParent; at = this.parents.at(at)) ordinals.push(this.ordinals.at(at))
    const trace = [this.model.starts[this.ordinals.at(at)]?.name ?? '']
    let state = this.table.state(at)
    for (const wanted of ordinals.reverse()) {
      let ordinal = 0
      let next = state
      this.model.steps(state, (to, name) => {
        if (ordinal++ !== wanted) return
        next = to.slice()
        trace.push(name)
      })
      state = next
    }
    return trace
  }

  /**
   * The first state from which no way leads to an end, nor to a state that was not gone on from. Goes over the steps from the last state
   * to the first, until nothing changes: most steps lead to a later state, so that two or three rounds do.
   */
  firstWithoutEnd(): number | undefined {
    const expanded = this.firstSteps.length
    const leads = new Uint8Array(this.table.count).fill(1, expanded)
    for (let i = 0; i < this.endStates.length; i++) leads[this.endStates.at(i)] = 1
    for (let changed = true; changed; ) {
      changed = false
      for (let index = expanded - 1; index >= 0; index--) {
        if (leads[index] === 1 || !this.#hasStepInto(leads, index)) continue
        leads[index] = 1
        changed = true
      }
    }
    const found = leads.indexOf(0)
    return found < 0 ? undefined : found
  }

  #hasStepInto(marked: Uint8Array, index: number): boolean {
    const end = index + 1 < this.firstSteps.length ? this.firstSteps.at(index + 1) : this.steps.length
    for (let i = this.firstSteps.at(index); i < end; i++) if (marked[this.steps.at(i)] === 1) return true
    return false
  }
}

/** Begins with all starts. @returns what is wrong with one of them. */
const begin = (walk: Walk): Violation | undefined => {
  for (const [ordinal, { state, name }] of walk.model.starts.entries()) {
    const { wrong } = walk.meet(state, noParent, ordinal)
    if (wrong !== undefined) return { kind: 'wrong', text: wrong, trace: [name] }
  }
  return undefined
}

/** @param onProgress called now and then with the number of states. */
export const explore = (model: Model, bounds: Bounds = {}, onProgress: (states: number) => void = () => {}): Exploration => {
  const { statesMax = Number.POSITIVE_INFINITY, depthMax = Number.POSITIVE_INFINITY } = bounds
  const begunAt = performance.now()
  const walk = new Walk(model)
  let violation = begin(walk)
  let boundedBy: Exploration['boundedBy']
  let depth = 0
  /** Where the states of the next depth begin. */
  let nextDepthAt = walk.table.count
  let index = 0
  for (; violation === undefined && index < walk.table.count; index++) {
    if (index === nextDepthAt) {
      depth++
      nextDepthAt = walk.table.count
    }
    if (depth >= depthMax) boundedBy = 'depth'
    if (walk.table.count >= statesMax) boundedBy = 'states'
    if (boundedBy !== undefined) break
    violation = walk.expand(index)
    if ((index & 0xffff) === 0xffff) onProgress(walk.table.count)
  }
  if (violation === undefined) {
    const lost = walk.firstWithoutEnd()
    if (lost !== undefined) violation = { kind: 'no-end', text: 'no way leads to an end any more', trace: walk.traceTo(lost) }
  }
  return {
    states: walk.table.count,
    transitions: walk.steps.length,
    idle: walk.idle,
    depth: violation === undefined ? depth : violation.trace.length - 1,
    ...(boundedBy !== undefined && { boundedBy }),
    open: walk.table.count - index,
    ends: Object.fromEntries([...walk.ends].sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(violation !== undefined && { violation }),
    seconds: (performance.now() - begunAt) / 1_000,
  }
}
