/** What comes to a topic although nobody should send it: again, late, or broken. */

import { setTimeout as pause } from 'node:timers/promises'
import { transportTo } from '@shop/broker'
import { allEvents, allTopics, catalogueFor, type ServiceName, serviceNames, topicOf } from '@shop/choreography'
import { Refused } from '@shop/command-line'
import { type ConsumedRecord, encode, newId, type OutgoingRecord, startedBy } from '@shop/messaging'
import type { Access, ShopTarget } from '../../running-shop/index.ts'
import type { Fault, Parameter } from '../fault.ts'
import { readRecords } from '../records.ts'

const topic: Parameter = { name: 'topic', about: 'of a service', oneOf: allTopics().events }
const count = (fallback: number): Parameter => ({ name: 'count', about: 'events', range: [1, 5_000], fallback })
const nothing = () => {}
export const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** @throws Refused */
export const accessOf = ({ access }: ShopTarget): Access => {
  if (access === undefined) throw new Refused('the broker and the databases are not reached from here')
  return access
}

export const transportOf = (shop: ShopTarget) => transportTo({ brokers: accessOf(shop).brokers, clientId: 'fault' })

const publish = async (shop: ShopTarget, records: readonly OutgoingRecord[]): Promise<void> => {
  const publisher = (await transportOf(shop)).publisher()
  try {
    await publisher.publish(records)
  } finally {
    await publisher.close()
  }
}

const again = ({ topic, key, value, headers, raw }: ConsumedRecord): OutgoingRecord => ({ topic, key, value, headers, raw })

const some = async (shop: ShopTarget, topic: string, which: 'oldest' | 'latest', count: number): Promise<OutgoingRecord[]> => {
  const records = await readRecords(await transportOf(shop), topic, which, count)
  if (records.length === 0) throw new Refused(`there are no events on ${topic} yet: place an order first`)
  return records.map(again)
}

const inMessages = { group: 'messages', inNetwork: true } as const
const watchDuplicates = (shop: ShopTarget) =>
  shop.kind === 'embedded' ? [`curl -s ${shop.url('payment')}/metrics | grep messages_duplicate`] : []

const repeat = (name: string, about: string, which: 'oldest' | 'latest'): Fault => ({
  ...inMessages,
  name,
  about,
  positionals: [topic],
  options: [count(100)],
  forMs: 0,
  async begin(shop, given) {
    const records = await some(shop, given.text('topic'), which, given.number('count'))
    await publish(shop, records)
    return {
      did: `the ${which} ${records.length} events of ${given.text('topic')} were published again, with their ids`,
      watch: watchDuplicates(shop),
    }
  },
})

const delayed: Fault = {
  ...inMessages,
  name: 'delayed',
  about: 'publishes the latest events again after a while, when their orders have moved on',
  positionals: [topic],
  options: [count(100)],
  forMs: 10_000,
  async begin(shop, given) {
    const records = await some(shop, given.text('topic'), 'latest', given.number('count'))
    const stopped = new AbortController()
    const published = pause(given.forMs, undefined, { signal: stopped.signal }).then(
      () => publish(shop, records),
      () => {},
    )
    published.catch(() => {}) // told at the end
    return {
      did: `${records.length} events of ${given.text('topic')} are held, and published again in ${given.forMs / 1_000} s`,
      watch: watchDuplicates(shop),
      end: async () => {
        // at its time they are on their way already
        stopped.abort()
        await published
      },
    }
  },
}

const wrongData = { unexpected: true }

/** True when each consumer of the event looks at data that is not there. */
const isWrongForAll = (definition: (typeof allEvents)[number]): boolean =>
  serviceNames.every((service) => {
    const ceType = `shop.${definition.service}.${definition.name}.v${definition.version}`
    const entry = catalogueFor(service).lookup(ceType)
    return entry?.consumed !== true || !entry.schema.safeParse(wrongData).success
  })

/** An event of the topic in full order, but with data that fits no schema. */
const wrongEvent = (name: string): OutgoingRecord => {
  const definition = allEvents.find((e) => topicOf(e) === name && isWrongForAll(e))
  if (definition === undefined) throw new Refused(`every data fits the events of ${name}`)
  const message = startedBy({ key: newId() }, { type: definition.name, data: wrongData })
  return encode(message, catalogueFor(definition.service as ServiceName))
}

const largeBytes = 1_000_000

/** What can be wrong with a record. Each has a key of its own: no order has to wait behind it. */
const brokenRecords: Readonly<Record<string, (topic: string) => OutgoingRecord>> = {
  'bad-json': (topic) => ({ ...wrongEvent(topic), value: '{"customerId": ' }),
  'wrong-schema': wrongEvent,
  'unknown-type': (topic) => {
    const event = wrongEvent(topic)
    return { ...event, headers: { ...event.headers, ce_type: `${topic}.NeverHeardOf.v1`, ce_mustunderstand: 'true' } }
  },
  large: (topic) => ({ ...wrongEvent(topic), value: JSON.stringify({ padding: 'x'.repeat(largeBytes) }) }),
  'missing-headers': (topic) => ({ ...wrongEvent(topic), headers: {} }),
}

const malformed: Fault = {
  ...inMessages,
  name: 'malformed',
  about: 'publishes an event that cannot be read: it becomes a dead letter',
  positionals: [{ name: 'kind', about: 'what is wrong with it', oneOf: Object.keys(brokenRecords) }, topic],
  options: [count(1)],
  forMs: 0,
  async begin(shop, given) {
    const [kind, name] = [given.text('kind'), given.text('topic')]
    const make = brokenRecords[kind] as (topic: string) => OutgoingRecord
    await publish(
      shop,
      Array.from({ length: given.number('count') }, () => make(name)),
    )
    const events =
      given.number('count') === 1 ? 'an event that cannot be read' : `${given.number('count')} events that cannot be read`
    return {
      did: `published to ${name}: ${events} (${kind})`,
      watch: ['npm run dead-letters -- list'],
    }
  },
}

export const messageFaults: readonly Fault[] = [
  repeat('duplicate', 'publishes the latest events of a topic again', 'latest'),
  repeat('stale', 'publishes the oldest events of a topic again', 'oldest'),
  delayed,
  malformed,
]
