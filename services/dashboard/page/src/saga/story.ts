import type { Saga, SagaEvent } from '#api'
import { duration, eventWords, words } from '#page/format.ts'

const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** "payment captured" for "PaymentCaptured". */
const plainly = (type: string): string => lower(eventWords(type))

/** What became of the order so far, in two or three sentences for people who do not know the events. */
export const story = (saga: Saga): string => {
  const { order } = saga
  const undone = saga.compensations.filter((c) => c.undoneById !== undefined)
  const sentences: string[] = []
  const asked = saga.events.some((e) => e.type === 'OrderCancellationRequested')
  if (order.state === 'CONFIRMED')
    sentences.push(`Every step was taken and the order was confirmed in ${duration(order.durationMs ?? 0)}.`)
  if (order.state === 'CONFIRMED' && asked)
    sentences.push('A request to cancel it came too late: the delivery had been scheduled.')
  if (order.state === 'CANCELLED') {
    const took = duration(order.durationMs ?? 0)
    const why = order.reason ? `: ${words(order.reason)}` : ''
    sentences.push(
      order.reason === 'order_cancelled'
        ? `The order was cancelled on request, after ${took}.`
        : `The order was cancelled after ${took}${why}.`,
    )
    sentences.push(undone.length > 0 ? undoing(saga, undone) : 'Nothing had been done yet that had to be undone.')
  }
  if (order.endedAt === undefined) {
    sentences.push(waiting(saga))
    if (undone.length > 0) sentences.push(undoing(saga, undone))
  }
  const held = saga.deadLetters.length
  if (held > 0)
    sentences.push(
      `${held === 1 ? 'One message' : `${held} messages`} of it could not be handled by ${list([...new Set(saga.deadLetters.map((d) => d.consumer))])} and ${held === 1 ? 'was' : 'were'} set aside.`,
    )
  return sentences.join(' ')
}

const undoing = (saga: Saga, undone: Saga['compensations']): string => {
  const atOf = (id: string | undefined) => saga.events.find((e: SagaEvent) => e.id === id)?.at ?? ''
  const inOrder = undone.toSorted((a, b) => (atOf(a.undoneById) < atOf(b.undoneById) ? -1 : 1))
  const parts = inOrder.map((c) => `${plainly(c.undoneByType)} undoes ${plainly(c.stepType)}`)
  return `${undone.length === 1 ? 'One step was' : `${undone.length} steps were`} taken back${undone.length > 1 ? ', last one first' : ''}: ${list(parts)}.`
}

const waiting = (saga: Saga): string => {
  const next = saga.expected.filter((e) => e.mayEmit.length > 0)
  if (next.length === 0) return saga.order.state === 'CANCELLING' ? 'Asked to be cancelled, and under way.' : 'Under way.'
  const parts = next.map((e) => `${e.service} to answer ${plainly(e.on)}`)
  return `${saga.order.state === 'CANCELLING' ? 'Asked to be cancelled; still' : 'Under way,'} waiting for ${list([...new Set(parts)])}.`
}
