/** What stands in the databases of a two-phase commit beside those of payment and inventory, which are as in the shop. */
import type { OrderFiles } from './order-files.ts'
import { inOneState, openPostgres, stream } from './postgres.ts'
import type { Progress } from './progress.ts'
import { remedy } from './read-databases.ts'
import type { Settings } from './settings.ts'
import { orUnreadable } from './unreadable.ts'

type PostgresClient = Awaited<ReturnType<typeof openPostgres>>
type Add = OrderFiles['add']
type Read = (client: PostgresClient, add: Add, progress: Progress) => Promise<void>

const readers: Readonly<Record<'order' | 'delivery' | 'coordinator', Read>> = {
  order: async (client, add, progress) => {
    for await (const rows of stream(client, 'SELECT order_id, state FROM orders'))
      for (const { order_id, state } of progress.count('orders', rows)) add(order_id, 'order', state)
  },
  delivery: async (client, add, progress) => {
    for await (const rows of stream(client, 'SELECT order_id, state FROM shipments'))
      for (const { order_id, state } of progress.count('shipments', rows)) {
        const { status, carrier, reason } = state
        add(order_id, 'shipment', { status, carrier, reason })
      }
  },
  coordinator: async (client, add, progress) => {
    const decisions = 'SELECT order_id, outcome, damaged, ended_at IS NOT NULL AS "isCarriedOut" FROM decisions'
    for await (const rows of stream(client, decisions))
      for (const { order_id, outcome, damaged, isCarriedOut } of progress.count('decisions', rows))
        add(order_id, 'decision', { outcome, damaged, isCarriedOut })
  },
}

const preparedOf = 'SELECT gid FROM pg_prepared_xacts WHERE database = current_database()'

/** A transaction is called after its participant and its order. */
const readPrepared = async (client: PostgresClient, service: string, add: Add): Promise<void> => {
  const { rows } = await client.query<{ gid: string }>(preparedOf)
  for (const { gid } of rows) add(gid.split(':').at(-1) ?? gid, 'prepared', service)
}

export const readTwoPhase = async (
  settings: Settings,
  services: readonly string[],
  add: Add,
  progress: Progress,
): Promise<void> => {
  for (const service of services)
    await orUnreadable(`PostgreSQL, database shop_${service}`, remedy, async () => {
      const client = await openPostgres(settings.postgresUrl, service)
      try {
        await inOneState(client, async () => {
          await readPrepared(client, service, add)
          if (service in readers) await readers[service as keyof typeof readers](client, add, progress)
        })
      } finally {
        await client.end()
      }
    })
}

/** Orders that are open, transactions that are prepared, decisions that are not carried out. */
export const busyInTwoPhase = async (clients: ReadonlyMap<string, PostgresClient>): Promise<string[]> => {
  const busy: string[] = []
  const count = async (service: string, what: string, text: string) => {
    const found = Number((await clients.get(service)?.query<{ count: string }>(text))?.rows[0]?.count ?? 0)
    if (found > 0) busy.push(`${found} ${what}`)
  }
  await count('order', 'orders open', `SELECT count(*) FROM orders WHERE status IN ('PENDING', 'CANCELLING')`)
  for (const service of clients.keys())
    await count(service, `transactions prepared in ${service}`, `SELECT count(*) FROM (${preparedOf}) AS prepared`)
  await count('coordinator', 'decisions not carried out', 'SELECT count(*) FROM decisions WHERE ended_at IS NULL')
  return busy
}
