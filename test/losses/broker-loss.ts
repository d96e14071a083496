/** The broker loses all that it had, under orders on their way. */
import { setTimeout as pause } from 'node:timers/promises'
import { allTopics } from '@shop/choreography'
import { type KafkaAdmin, kafkaTransport } from '@shop/transport-kafka'
import { type CheckResult, checkShop } from '../chaos/check.ts'
import type { OwnShop } from '../odd-records/own-shop.ts'
import { awaitEnds, openOrders, placeMany, startAgain, tellAgain } from './orders.ts'

const everything = '2000-01-01T00:00:00Z'
const { events: eventTopics } = allTopics()
const goneMsMax = 30_000
const pollMs = 100
/** How long orders may take to end after each telling. */
const endMsMax = 30_000
const toldMax = 5

/** All topics of events, without what was on them. */
const beginAnew = async (admin: KafkaAdmin): Promise<void> => {
  const stretches = await admin.stretches(eventTopics)
  const specs = eventTopics.map((topic) => ({ topic, partitions: stretches.filter((s) => s.topic === topic).length }))
  await admin.deleteTopics(eventTopics)
  const until = performance.now() + goneMsMax
  while ((await admin.topics()).some((topic) => eventTopics.includes(topic))) {
    if (performance.now() > until) throw new Error('the topics do not go away')
    await pause(pollMs)
  }
  await admin.createTopics(specs)
}

interface BrokerLoss {
  /** Orders that were on their way when the topics went. */
  readonly inFlight: number
  /** How often it had to be told again. */
  readonly told: number
  /** From the first telling until all had ended. */
  readonly healedMs: number
  /** Orders that are open in the end. */
  readonly open: number
  readonly check: CheckResult
}

/**
 * Deletes all topics of events and creates them anew while `orders` orders are on their way, then lets it be told again until all have ended.
 * @param down services that are stopped meanwhile; with none of them orders are placed before and after
 */
export const loseBroker = async (
  own: OwnShop,
  { orders, down, say }: { readonly orders: number; readonly down: readonly string[]; readonly say: (line: string) => void },
): Promise<BrokerLoss> => {
  const { services } = own.shop
  const admin = kafkaTransport({ brokers: own.target.access.brokers, clientId: 'losses' }).admin()
  try {
    for (const service of down) await services.halt(service)
    const half = Promise.withResolvers<void>()
    const placing = placeMany(own, orders, {
      atOnce: Math.min(50, Math.ceil(orders / 4)),
      onPlaced: (count) => count >= orders / 2 && half.resolve(),
    })
    await (down.length > 0 ? placing : Promise.race([half.promise, placing]))
    const inFlight = (await openOrders(own)).length
    say(`${inFlight} orders are on their way: all topics begin anew`)
    await beginAnew(admin)
    await startAgain(own, down)
    await placing
    const hanging = await awaitEnds(own, 3_000)
    say(`${hanging} orders hang`)
    const begunMs = performance.now()
    let open = hanging
    let told = 0
    while (told < toldMax && (open > 0 || told === 0)) {
      await tellAgain(own, '--since', everything, '--yes')
      open = await awaitEnds(own, endMsMax)
      say(`told again ${++told} times: ${open} orders are open`)
    }
    return {
      inFlight,
      told,
      healedMs: Math.round(performance.now() - begunMs),
      open,
      check: await checkShop(own.target.access, 60),
    }
  } finally {
    await admin.close()
  }
}

export const lossFlaws = ({ open, check }: Pick<BrokerLoss, 'open' | 'check'>): string[] => [
  ...(open > 0 ? [`${open} orders have not ended`] : []),
  ...check.notAtRest.map((what) => `not at rest: ${what}`),
  ...check.invariants
    .filter((i) => i.outcome === 'violated')
    .map(({ id, violationCount, violations }) => `${id} (${violationCount}): ${violations[0]?.text}`),
]
