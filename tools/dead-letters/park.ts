/** `npm run dead-letters -- park`: sets one record aside by hand, which a consumer would handle or cannot get past. */
import { allTopics, type ServiceName, serviceNames, subscriptionsOf } from '@shop/choreography'
import { Misuse } from '@shop/command-line'
import type { ParkResult } from '@shop/participant/letters'
import type { ServicesAccess } from '../running-shop/index.ts'
import { deadLetterClient, type RecordPlace } from './client.ts'

/** `shop.order 3 17`. @throws Misuse */
export const readPlace = (operands: readonly string[]): RecordPlace => {
  const [topic, partition, offset, ...rest] = operands
  if (topic === undefined || partition === undefined || offset === undefined || rest.length > 0)
    throw new Misuse('park which record? TOPIC PARTITION OFFSET, such as shop.order 3 17')
  const topics = allTopics().events
  if (!topics.includes(topic)) throw new Misuse(`no service reads ${topic}: one of ${topics.join(', ')}`)
  if (!/^\d{1,5}$/.test(partition)) throw new Misuse(`the partition must be a whole number, not '${partition}'`)
  if (!/^(0|[1-9]\d{0,15})$/.test(offset)) throw new Misuse(`the offset must be a whole number, not '${offset}'`)
  return { topic, partition: Number(partition), offset }
}

/** Of these services those that read the topic. @throws Misuse when there is none */
export const readersOf = (topic: string, services: readonly string[]): readonly string[] => {
  const reads = (name: string) => serviceNames.some((s) => s === name) && subscriptionsOf(name as ServiceName).includes(topic)
  const readers = services.filter(reads)
  if (readers.length === 0) throw new Misuse(`${services.join(', ')} does not read ${topic}`)
  return readers
}

interface Parking {
  readonly shop: ServicesAccess
  readonly services: readonly string[]
  readonly record: RecordPlace
  readonly yes: boolean
  readonly json: boolean
}

/** @returns 0 when each service asked has set it aside (or would), or is past it while another has; else 1. */
export const exitCodeOf = (results: readonly Pick<ParkResult, 'outcome'>[]): number => {
  const isDone = (outcome: string) => outcome === 'parked' || outcome === 'would-park'
  return results.some((r) => isDone(r.outcome)) && results.every((r) => isDone(r.outcome) || r.outcome === 'past') ? 0 : 1
}

export const park = async ({ shop, services, record, yes, json }: Parking): Promise<number> => {
  const asked = readersOf(record.topic, services).map(async (service) => ({
    service,
    ...(await deadLetterClient(shop, service).park(record, !yes)),
  }))
  const results = await Promise.all(asked)
  if (json) console.log(JSON.stringify({ dryRun: !yes, record, services: results }, null, 2))
  else {
    for (const { service, outcome, detail } of results) console.log(`${service}  ${outcome}: ${detail}`)
    if (!yes && results.some((r) => r.outcome === 'would-park')) console.log('nothing was done: add --yes to park it')
  }
  return exitCodeOf(results)
}
