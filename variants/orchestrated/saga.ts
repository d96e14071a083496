/** Pure: carries out a flow. A saga waits for one answer at a time, and what does not answer the command that it waits for is passed over. */
import type { Flow, Order, Placed, Step } from './flow.ts'
import type { Reply } from './speech.ts'

/** What has become of a purchase, by its order. */
export interface Saga {
  /** The version of its flow, under which it ends. */
  readonly flow: number
  readonly status: 'RUNNING' | 'UNDOING' | 'COMPLETED' | 'UNDONE'
  readonly placed: Placed
  /** Names of the steps that are done and not undone. */
  readonly done: readonly string[]
  /** The command whose answer it waits for; absent when it has ended. `step`: absent for the one that ends what was undone. */
  readonly awaits?: { readonly commandId: string; readonly command: string; readonly step?: string }
  /** Somebody asked to cancel in time. */
  readonly isCancelled?: true
  /** Why it is undone. */
  readonly reason?: string
  readonly history: readonly { readonly type: string; readonly at: string }[]
}

/** The saga after a message, and the command that it gives because of it. */
export interface Advance {
  readonly saga: Saga | undefined
  readonly order?: Order
  readonly reason: string
}

const stay = (saga: Saga | undefined): Advance => ({ saga, reason: '' })

const stepNamed = ({ steps }: Flow, name: string | undefined): Step | undefined => steps.find((s) => s.name === name)
const indexOf = ({ steps }: Flow, name: string | undefined): number => steps.findIndex((s) => s.name === name)
const pivotOf = ({ steps }: Flow): number => steps.findIndex((s) => s.isPivot)

/** Undoes the last of what is done; when nothing is left, ends it. */
const undoing = (flow: Flow, saga: Saga, reason: string): Advance => {
  const last = stepNamed(flow, saga.done.at(-1))
  const undone: Saga = { ...saga, status: 'UNDOING', reason }
  if (last === undefined) return { saga: undone, order: flow.undone, reason }
  if (last.undo === undefined) throw new Error(`step ${last.name} is done and cannot be undone`)
  return { saga: undone, order: last.undo, reason }
}

const stepDone = (flow: Flow, saga: Saga, name: string): Advance => {
  const done = [...saga.done, name]
  const after: Saga = { ...saga, done }
  const index = indexOf(flow, name)
  if (saga.isCancelled && index < pivotOf(flow)) return undoing(flow, after, 'order_cancelled')
  const next = flow.steps[index + 1]
  if (next !== undefined) return { saga: after, order: next, reason: '' }
  return stay({ ...after, status: 'COMPLETED' })
}

const answered = (flow: Flow, saga: Saga, reply: Reply): Advance => {
  const { awaits, ...rest } = saga
  if (awaits === undefined || reply.causationId !== awaits.commandId) return stay(saga)
  const refusal = 'reason' in reply.data ? reply.data.reason : undefined
  if (saga.status === 'UNDOING') {
    if (refusal !== undefined) throw new Error(`${awaits.command} was refused: ${refusal}; what undoes is not refused`)
    if (awaits.step === undefined) return stay({ ...rest, status: 'UNDONE' })
    return undoing(flow, { ...rest, done: rest.done.slice(0, -1) }, saga.reason ?? '')
  }
  const name = awaits.step ?? ''
  if (refusal === undefined) return stepDone(flow, rest, name)
  if (indexOf(flow, name) > pivotOf(flow)) throw new Error(`${awaits.command} was refused behind the pivot: ${refusal}`)
  return undoing(flow, rest, refusal)
}

/** @param flow that of the saga, or for one that begins the newest. @throws Error when a participant refuses what must not be refused. */
export const advance = (flow: Flow, saga: Saga | undefined, message: Reply): Advance => {
  if (saga === undefined) {
    if (message.type !== flow.begunBy) return stay(undefined)
    const begun: Saga = { flow: flow.version, status: 'RUNNING', placed: message.data, done: [], history: [] }
    const [first] = flow.steps
    return first === undefined ? stay({ ...begun, status: 'COMPLETED' }) : { saga: begun, order: first, reason: '' }
  }
  if (message.type === flow.begunBy) return stay(saga)
  if (message.type !== flow.cancelledBy) return answered(flow, saga, message)
  const isInTime = saga.status === 'RUNNING' && indexOf(flow, saga.awaits?.step) < pivotOf(flow)
  return stay(isInTime ? { ...saga, isCancelled: true } : saga)
}

/** The saga once its command has an id; while it undoes, the step is the one that is undone. */
export const awaiting = (flow: Flow, saga: Saga, { command }: Order, commandId: string): Saga => {
  const step = saga.status === 'UNDOING' ? saga.done.at(-1) : flow.steps.find((s) => s.command === command)?.name
  return { ...saga, awaits: { commandId, command, ...(step === undefined ? {} : { step }) } }
}
