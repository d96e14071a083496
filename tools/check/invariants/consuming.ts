/** Consumed = handled ∪ dead-lettered, and every event has a declared cause. */
import { choreography, consumedBy, edges, eventNamed, serviceNames, subscriptionsOf, topicOf } from '@shop/choreography'
import type { Invariant } from '../invariant.ts'
import { isLeftOut, type OrderView } from '../order-view.ts'
import { type EventRecord, handledAs } from '../snapshot.ts'

/** Consumers of a record: those that subscribe to the topic on which it stands and react to its type. */
const consumersOf = (() => {
  const consumers = serviceNames.map((name) => ({
    name,
    topics: new Set(subscriptionsOf(name)),
    types: new Set(consumedBy(name).map((e) => e.name)),
  }))
  const known = new Map<string, readonly string[]>()
  return ({ topic, type }: EventRecord): readonly string[] => {
    const key = `${topic} ${type}`
    const found = known.get(key) ?? consumers.filter((c) => c.topics.has(topic) && c.types.has(type)).map((c) => c.name)
    known.set(key, found)
    return found
  }
})()

export const consumedHandled: Invariant = {
  id: 'consumed-handled',
  title: 'Consumed = handled ∪ dead-lettered, for every consumer and every event on its topics',
  needsTopics: true,
  begin: ({ inboxes, topics }, found) => {
    const figures = { handled: 0, deadLettered: 0, undecodable: topics?.undecodable.length ?? 0 }
    const parked = new Set(topics?.deadLetters.flatMap((d) => [`${d.consumer} ${d.origin}`, `${d.consumer} ${d.eventId}`]))
    const inInbox: Record<string, number> = {}
    const isHandled = (o: OrderView, consumer: string, event: EventRecord): boolean => {
      const inbox = inboxes[consumer]
      return handledAs(event).some((as) => inbox?.has(as) ?? o.handled[consumer]?.includes(as) ?? false)
    }
    return {
      order: (o) => {
        const consumed = new Set<string>()
        for (const event of o.events)
          for (const consumer of consumersOf(event)) {
            for (const as of handledAs(event)) consumed.add(`${consumer} ${as}`)
            if (isHandled(o, consumer, event)) {
              figures.handled++
              inInbox[consumer] = (inInbox[consumer] ?? 0) + 1
            } else if (parked.has(`${consumer} ${event.id}`)) figures.deadLettered++
            else if (!isLeftOut(o, event.type))
              found(`${consumer} neither handled nor dead-lettered ${event.type} ${event.id}`, o.orderId)
          }
        if (!o.isOnTopics) return
        const leftOut = new Set((o.order?.history ?? []).flatMap(({ type, eventId }) => (isLeftOut(o, type) ? eventId : [])))
        for (const [consumer, ids] of Object.entries(o.handled))
          for (const id of ids)
            if (!consumed.has(`${consumer} ${id}`) && !leftOut.has(id.split(' ')[0] ?? ''))
              found(`${consumer} handled ${id}, which is on none of its topics`, o.orderId)
      },
      end: () => {
        for (const { place, reason, consumers } of topics?.undecodable ?? [])
          for (const consumer of consumers)
            if (!parked.has(`${consumer} ${place}`)) found(`${consumer} has not dead-lettered ${place}, though ${reason}`)
        if (topics?.since !== undefined) return
        for (const [consumer, inbox] of Object.entries(inboxes)) {
          const unknown = inbox.size - (inInbox[consumer] ?? 0)
          if (unknown > 0) found(`${consumer} handled ${unknown} events that are on none of its topics`)
        }
      },
      figures: () => figures,
    }
  },
}

const declared = new Set(edges.map(({ service, cause, effect }) => `${cause.name} ${service} ${effect.name}`))
const started = new Set<string>(
  Object.values(choreography).flatMap(({ starts }) => Object.values(starts).flatMap((events) => events.map((e) => e.name))),
)

export const causationDeclared: Invariant = {
  id: 'causation-declared',
  title:
    'Every event is on its owner’s topic, was caused as the choreography declares, and carries the id of its order’s first event',
  needsTopics: true,
  begin: (_shop, found) => {
    const figures = { started: 0, caused: 0 }
    /** What is wrong with the event's cause, if anything. */
    const flaw = (o: OrderView, { type, causationId }: EventRecord): string | undefined => {
      if (causationId === undefined) {
        figures.started++
        return started.has(type) ? undefined : 'has no cause, but nothing starts it'
      }
      figures.caused++
      const cause = o.eventsById.get(causationId)
      if (cause === undefined) return o.isOnTopics ? `was caused by ${causationId}, which is not on the topics` : undefined
      // A reaction that had to wait is caused by the event that waited, not by the one that ended the wait.
      const edge = `${cause.type} ${eventNamed(type)?.service} ${type}`
      return declared.has(edge) ? undefined : `was caused by ${cause.type}, which the choreography does not declare`
    }
    return {
      order: (o) => {
        const sagaId = o.order?.correlationId ?? o.told('OrderPlaced')[0]?.id
        const firstId = o.told('OrderPlaced')[0]?.id ?? sagaId
        for (const event of o.events) {
          const is = `${event.type} ${event.id}`
          const definition = eventNamed(event.type)
          if (definition !== undefined && topicOf(definition) !== event.topic)
            found(`${is} stands on ${event.topic}, not on ${topicOf(definition)}`, o.orderId)
          if (o.isDoubted(event)) continue
          const wrong = flaw(o, event)
          if (wrong !== undefined) found(`${is} ${wrong}`, o.orderId)
          if (o.isContradicted) continue
          if (sagaId !== undefined && (event.correlationId !== firstId || event.correlationId !== sagaId))
            found(`${is} belongs to saga ${event.correlationId}, its order to ${sagaId}`, o.orderId)
        }
      },
      figures: () => figures,
    }
  },
}
