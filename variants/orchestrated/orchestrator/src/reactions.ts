/** Kafka in: a batch of replies; each moves its saga on, which is stored together with the command that it gives. */
import { causedBy, distinct, type Message, type React } from '@shop/messaging'
import type { Flow } from '../../flow.ts'
import { advance, awaiting, type Saga } from '../../saga.ts'
import type { Reply } from '../../speech.ts'

/** The table of sagas, as the reactions need it. `Work` is the database's native handle of one transaction. */
export interface SagaTables<Work> {
  /** Those of the orders that have begun, locked until the transaction ends. */
  lockSagas(work: Work, orderIds: readonly string[]): Promise<Map<string, Saga>>
  saveSagas(work: Work, sagas: ReadonlyMap<string, Saga>): Promise<void>
}

/** Of each saga; a saga of a few steps tells less. */
const historyMax = 100

const noted = (saga: Saga, ...messages: readonly Pick<Message, 'type' | 'at'>[]): Saga => ({
  ...saga,
  history: [...saga.history, ...messages.map(({ type, at }) => ({ type, at }))].slice(0, historyMax),
})

/** @param flows the newest last. */
export const reactions =
  <Work>(flows: readonly Flow[], tables: SagaTables<Work>): React<Work, Reply> =>
  async (work, replies) => {
    const sagas = await tables.lockSagas(work, distinct(replies.map((r) => r.key)))
    const flowOf = (saga: Saga | undefined): Flow => {
      const flow = saga === undefined ? flows.at(-1) : flows.find(({ version }) => version === saga.flow)
      if (flow === undefined)
        throw new Error(`there is no flow of version ${saga?.flow}, under which a saga is under way: put it back`)
      return flow
    }
    const changed = new Map<string, Saga>()
    const outgoing: Message[] = []
    for (const reply of replies) {
      const before = sagas.get(reply.key)
      const flow = flowOf(before)
      const { saga, order, reason } = advance(flow, before, reply)
      if (saga === undefined) continue
      const commands = order ? [causedBy(reply, { type: order.command, data: order.data(saga.placed, reason) })] : []
      const [command] = commands
      const after = order && command ? awaiting(flow, saga, order, command.id) : saga
      const told = noted(after, reply, ...commands)
      sagas.set(reply.key, told)
      changed.set(reply.key, told)
      outgoing.push(...commands)
    }
    await tables.saveSagas(work, changed)
    return outgoing
  }
