/** What must be so of what the services can tell again. */
import type { ServiceName } from '@shop/choreography'
import { encode } from '@shop/messaging'
import type { Breach } from './breach.ts'
import { catalogueOf, eventTopics } from './subscriptions.ts'
import type { World } from './world.ts'

type Encoded = ReturnType<typeof encode>

/** How a record was traced, and whether it is told once more, is not what it says. */
const isOfTheWay = (header: string): boolean => header === 'traceparent' || header === 'ce_toldagain'

const saysOfHeaders = (headers: Encoded['headers']): readonly string[] => Object.keys(headers).filter((name) => !isOfTheWay(name))

type Saying = Pick<Encoded, 'key' | 'value' | 'headers'>

const sayTheSame = (a: Saying, b: Saying): boolean => {
  const names = saysOfHeaders(a.headers)
  return (
    a.key === b.key &&
    a.value?.toString() === b.value?.toString() &&
    names.length === saysOfHeaders(b.headers).length &&
    names.every((name) => a.headers[name] === b.headers[name])
  )
}

/** A request that came too late is not told again. */
const isTooLate = ({ databases }: World, { key, headers }: Pick<Encoded, 'key' | 'headers'>): boolean =>
  headers.ce_type?.includes('OrderCancellationRequested') === true &&
  databases.order.documents.get(key ?? '')?.state?.status === 'CONFIRMED'

/** Further services, made by the generator, keep what they told for nobody until their authors see to it. */
const tellers = new Set(['order', 'payment', 'inventory', 'delivery'].map((owner) => `/shop/${owner}`))

/** Whatever a service has told, it can tell again from its state: the same id, type, time, cause, saga and data. */
export const canBeToldAgain = (world: World, services: readonly ServiceName[]): Breach[] => {
  const again = new Map(
    services.flatMap((service) =>
      world.parts.tellAgain(world.databases, service).map((m) => [m.id, encode(m, catalogueOf(service))] as const),
    ),
  )
  const isToldAgain = (record: Saying): boolean => {
    const found = again.get(record.headers.ce_id ?? '')
    return found !== undefined && sayTheSame(found, record)
  }
  const records = eventTopics.flatMap((topic) => world.broker.partitions(topic).flatMap((p) => p.records))
  return records
    .filter(
      (r) =>
        tellers.has(r.headers.ce_source ?? '') &&
        !world.broken.has(r) &&
        !world.tellNothing.has(r) &&
        !world.forged.has(r.headers.ce_id ?? '') &&
        !isTooLate(world, r) &&
        !isToldAgain(r),
    )
    .map(({ key, headers }) => ({
      id: 'told-again',
      orderId: key ?? '',
      text: `${headers.ce_type} ${headers.ce_id} would be told again ${again.has(headers.ce_id ?? '') ? 'otherwise' : 'by nobody'}`,
    }))
}
