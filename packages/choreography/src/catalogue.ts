import { z } from 'zod'
import { choreography, compensations } from './choreography.ts'
import type { EventDefinition } from './define.ts'
import { allEvents, deadLetterTopic, eventNamed, reactionsOf, type ServiceName, sourceOf, topicOf } from './derive.ts'

const ceTypeOf = (e: { service: string; name: string; version: number }): string => `shop.${e.service}.${e.name}.v${e.version}`

const withoutVersion = (ceType: string): string => ceType.replace(/\.v\d+$/, '')

/** What shows who tells an event. */
const ownershipOf = (e: EventDefinition) => ({ source: sourceOf(e), topic: topicOf(e) })

/** The schema without the fields that the consumer does not look at. */
const schemaWithout = (schema: z.ZodType, ignores: readonly string[]): z.ZodType =>
  ignores.length > 0 && schema instanceof z.ZodObject
    ? z.object(Object.fromEntries(Object.entries(schema.shape).filter(([field]) => !ignores.includes(field))))
    : schema

/** What the messaging kit has to know of the events, seen by one consumer: addresses for what it tells, schemas for what it hears. */
export const catalogueFor = (service: ServiceName) => {
  const reactions = new Map(reactionsOf(service).map((r) => [r.on, r]))
  const addresses = new Map(allEvents.map((e) => [e.name, { ceType: ceTypeOf(e), ...ownershipOf(e) }] as const))
  const entries = new Map(
    allEvents.map((e) => {
      const schema = schemaWithout(e.schema, reactions.get(e)?.ignores ?? [])
      return [ceTypeOf(e), { type: e.name, schema, consumed: reactions.has(e), ...ownershipOf(e) }] as const
    }),
  )
  const known = new Set(allEvents.map((e) => withoutVersion(ceTypeOf(e))))
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
    isOtherVersion: (ceType: string) => !entries.has(ceType) && known.has(withoutVersion(ceType)),
    compensates: (type: string) => compensating.has(type),
    deadLetterTopic: (topic: string) => deadLetterTopic(topic, service),
  }
}
