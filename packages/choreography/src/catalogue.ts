import { choreography, compensations } from './choreography.ts'
import type { EventDefinition } from './define.ts'
import { allEvents, consumedBy, deadLetterTopic, eventNamed, type ServiceName, sourceOf, topicOf } from './derive.ts'

const ceTypeOf = (e: { service: string; name: string; version: number }): string => `shop.${e.service}.${e.name}.v${e.version}`

/** What shows who tells an event. */
const ownershipOf = (e: EventDefinition) => ({ source: sourceOf(e), topic: topicOf(e) })

/** What the messaging kit has to know of the events, seen by one consumer: addresses for what it tells, schemas for what it hears. */
export const catalogueFor = (service: ServiceName) => {
  const consumed = new Set(consumedBy(service))
  const addresses = new Map(allEvents.map((e) => [e.name, { ceType: ceTypeOf(e), ...ownershipOf(e) }] as const))
  const entries = new Map(
    allEvents.map(
      (e) => [ceTypeOf(e), { type: e.name, schema: e.schema, consumed: consumed.has(e), ...ownershipOf(e) }] as const,
    ),
  )
  const undoing = new Set<string>(compensations.map((c) => c.undoneBy.name))
  const compensating = new Set<string>(
    choreography[service].reactions.filter((r) => r.emits.some((e) => undoing.has(e.name))).map((r) => r.on.name),
  )
  return {
    /** @throws Error when there is no such event, or another service owns it. */
    address: (type: string) => {
      const found = addresses.get(type)
      if (found === undefined || eventNamed(type)?.service !== service)
        throw new Error(`${service} cannot tell ${type}: it owns no such event`)
      return found
    },
    ceTypeOf: (type: string) => {
      const found = addresses.get(type)
      if (found === undefined) throw new Error(`there is no event ${type}`)
      return found.ceType
    },
    lookup: (ceType: string) => entries.get(ceType),
    compensates: (type: string) => compensating.has(type),
    deadLetterTopic: (topic: string) => deadLetterTopic(topic, service),
  }
}
