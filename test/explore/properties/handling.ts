/** What must hold of each handling, for itself. */
import { edges, eventNamed, pivot } from '@shop/choreography'
import type { Handling } from '../choreographed/handling.ts'
import type { Message } from '../kit.ts'

const declared = new Set(edges.map(({ service, cause, effect }) => `${cause.name} ${service} ${effect.name}`))

/** What the id of a handled message tells. */
const read = (id: string): { readonly producer: string; readonly position: number; readonly type: string } => {
  const [producer = '', , position, type = ''] = id.split('/')
  return { producer, position: Number(position), type }
}

const flawOfTold = ({ service, message, before }: Handling, { type, causationId }: Message): string | undefined => {
  if (eventNamed(type)?.service !== service) return `causation-declared: ${service} tells ${type}, which is not its own`
  const cause = causationId === undefined ? '' : read(causationId).type
  if (!declared.has(`${cause} ${service} ${type}`))
    return `causation-declared: ${service} tells ${type} because of ${cause}, which the choreography does not declare`
  const handled = [...before.handled, message.id].map((id) => read(id).type)
  if (type === pivot.name && handled.includes('OrderCancellationRequested'))
    return `cancellations-honoured: ${service} knows of the cancellation, and tells ${type}`
  return undefined
}

/** Says what is wrong with a handling, by the names of the invariants of `npm run check` and of `npm run simulate`. */
export const flawOfHandling = (handling: Handling): string | undefined => {
  const { service, message, before, told } = handling
  if (before.handled.includes(message.id)) return `handled-once: ${service} handles ${message.type} twice`
  const later = before.handled
    .map(read)
    .find(({ producer, position }) => producer === message.producer && position > message.position)
  if (later !== undefined) return `handled-in-order: ${service} handles ${message.type} after ${later.type}`
  for (const one of told) {
    const flaw = flawOfTold(handling, one)
    if (flaw !== undefined) return flaw
  }
  return undefined
}
