import { setTimeout as pause } from 'node:timers/promises'
import { allTopics, catalogueFor, type ServiceName } from '@shop/choreography'
import { encode, type Message } from '@shop/messaging'
import { kafkaTransport } from '@shop/transport-kafka'
import { sampleSum } from './observing.ts'
import type { BenchShop } from './shop.ts'

const catchUpMsMax = 60_000

export type Told = Partial<Record<ServiceName, readonly Message[]>>

const lagOf = async (url: string): Promise<number> =>
  sampleSum(await (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text(), 'shop_consumer_lag')

/** @throws when the services have not read their topics to the end within a minute */
const awaitCaughtUp = async (urls: readonly string[]): Promise<void> => {
  const deadline = Date.now() + catchUpMsMax
  for (;;) {
    const lags = await Promise.all(urls.map(lagOf))
    if (lags.every((lag) => lag === 0)) return
    if (Date.now() > deadline) throw new Error('the services have not read the past events within a minute')
    await pause(200)
  }
}

/**
 * Leaves the topics as they are after their retention: they have had records, and those are gone. The services have handled these events,
 * so reading them changes nothing; the check learns from it that older orders have no events on the topics any more.
 */
export const outliveRetention = async ({ backends, urls }: BenchShop, told: Told): Promise<void> => {
  const transport = kafkaTransport({ ...backends.broker, clientId: 'bench' })
  const [publisher, admin] = [transport.publisher(), transport.admin()]
  try {
    for (const [service, messages] of Object.entries(told)) {
      const catalogue = catalogueFor(service as ServiceName)
      await publisher.publish(messages.map((m) => encode(m, catalogue)))
    }
    await awaitCaughtUp(Object.values(urls).flat())
    await admin.deleteRecords(allTopics().events)
  } finally {
    await Promise.all([publisher.close(), admin.close()])
  }
}
