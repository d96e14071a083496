import { setTimeout as pause } from 'node:timers/promises'
import { brokersText } from '@shop/broker'
import type { TransportAdmin } from '@shop/messaging'
import { messageDocuments, openMongo } from './mongo.ts'
import { openPostgres } from './postgres.ts'
import { remedy } from './read-databases.ts'
import { transportOf } from './read-topics.ts'
import { busyInTwoPhase } from './read-two-phase.ts'
import type { DatabasesOf } from './services.ts'
import type { Settings } from './settings.ts'
import { orUnreadable } from './unreadable.ts'

const pollIntervalMs = 500
/** What is asked one after the other could have moved on in between: rest counts when it is seen so often in a row. */
const restfulPollsMin = 2

type MongoClient = Awaited<ReturnType<typeof openMongo>>
type PostgresClient = Awaited<ReturnType<typeof openPostgres>>

const busyInMongo = async (client: MongoClient, services: readonly string[]): Promise<string[]> => {
  const busy: string[] = []
  for (const service of services) {
    const collection = await messageDocuments(client, service)
    if (collection === undefined) continue
    const outbox = await collection.countDocuments({ 'outbox.id': { $gt: '' } })
    if (outbox > 0) busy.push(`${outbox} orders with events in the outbox of ${service}`)
    if (service !== 'order') continue
    const open = await collection.countDocuments({ 'state.status': { $in: ['PENDING', 'CANCELLING'] } })
    if (open > 0) busy.unshift(`${open} orders open`)
  }
  return busy
}

const busyInPostgres = async (
  clients: ReadonlyMap<string, PostgresClient>,
  hasOutbox: (service: string) => boolean,
): Promise<string[]> => {
  const busy: string[] = []
  for (const [service, client] of clients) {
    if (!hasOutbox(service)) continue
    const outbox = await client.query<{ count: number }>('SELECT count(*) AS count FROM outbox')
    const count = outbox.rows[0]?.count ?? 0
    if (count > 0) busy.push(`${count} events in the outbox of ${service}`)
    if (service !== 'inventory') continue
    const stock = await client.query<{ reserved: string | null }>('SELECT sum(reserved) AS reserved FROM stock')
    const reserved = Number(stock.rows[0]?.reserved ?? 0)
    if (reserved > 0) busy.push(`${reserved} pieces reserved`)
  }
  return busy
}

/** Consumer groups that have not handled all that stands on their topics. A group that never committed has it all before it. */
const busyGroups = async (admin: TransportAdmin, subscriptions: DatabasesOf['subscriptions']): Promise<string[]> => {
  const busy: string[] = []
  for (const [group, topics] of subscriptions) {
    const lag = Object.values(await admin.groupLag(group, topics)).reduce((sum, ofTopic) => sum + ofTopic, 0)
    if (lag > 0) busy.push(`${lag} records before ${group}`)
  }
  return busy
}

/**
 * Waits until no order is open, nothing is reserved, the outboxes are empty and every consumer has handled its topics.
 * @returns what is not at rest after `waitMsMax`; nothing when the shop rests.
 */
export const awaitRest = async (
  settings: Settings,
  services: DatabasesOf,
  { waitMsMax, topics, tell }: { readonly waitMsMax: number; readonly topics: boolean; readonly tell: (line: string) => void },
): Promise<readonly string[]> => {
  const deadline = performance.now() + waitMsMax
  const isTwoPhase = settings.variant === 'two-phase'
  const hasOutbox = (service: string) => !isTwoPhase || service === 'payment' || service === 'inventory'
  const isMongoUsed = services.mongo.length > 0
  const mongo = isMongoUsed ? await orUnreadable('MongoDB', remedy, () => openMongo(settings.mongoUrl)) : undefined
  const postgres = new Map<string, PostgresClient>()
  const admin = topics ? (await transportOf(settings)).admin() : undefined
  try {
    for (const service of services.postgres)
      postgres.set(
        service,
        await orUnreadable(`PostgreSQL, database shop_${service}`, remedy, () => openPostgres(settings.postgresUrl, service)),
      )
    for (let restful = 0; ; ) {
      const begunAt = performance.now()
      const busy = [
        ...(mongo ? await orUnreadable('MongoDB', remedy, () => busyInMongo(mongo, services.mongo)) : []),
        ...(await orUnreadable('PostgreSQL', remedy, () => busyInPostgres(postgres, hasOutbox))),
        ...(isTwoPhase ? await orUnreadable('PostgreSQL', remedy, () => busyInTwoPhase(postgres)) : []),
        ...(admin
          ? await orUnreadable(brokersText(settings.brokers), remedy, () => busyGroups(admin, services.subscriptions))
          : []),
      ]
      restful = busy.length === 0 ? restful + 1 : 0
      if (restful >= restfulPollsMin) return []
      if (performance.now() >= deadline) return busy
      if (busy.length > 0)
        tell(`waiting for rest, ${Math.ceil((deadline - performance.now()) / 1_000)} s left: ${busy.join(', ')}`)
      await pause(Math.max(pollIntervalMs, performance.now() - begunAt))
    }
  } finally {
    await Promise.allSettled([mongo?.close(), admin?.close(), ...[...postgres.values()].map((client) => client.end())])
  }
}
