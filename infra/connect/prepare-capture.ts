/** What change data capture needs in PostgreSQL: a role that reads the log, a publication and a slot in each captured database. */
import type pg from 'pg'
import { publicationName, slotNameOf } from './outbox-connector.ts'

const role = 'shop_capture'

/**
 * Everything in it may run again: what is there stays as it is. The slot is made before a service tells anything, so that nothing is told
 * past it.
 * @param connect opens a connection of an administrator to a database, the default one without a name; it is ended here
 * @throws Error when the server's log is not written for it
 */
export const prepareCapture = async (
  connect: (database?: string) => Promise<pg.Client>,
  services: readonly string[],
  password: string,
): Promise<void> => {
  const admin = await connect()
  try {
    await requireLogicalLog(admin)
    const { rowCount } = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [role])
    if (!rowCount) await admin.query(`CREATE ROLE ${role}`)
    await admin.query(`ALTER ROLE ${role} LOGIN REPLICATION PASSWORD ${admin.escapeLiteral(password)}`)
    for (const service of services)
      await admin.query(`GRANT CONNECT ON DATABASE ${admin.escapeIdentifier(`shop_${service}`)} TO ${role}`)
  } finally {
    await admin.end()
  }
  for (const service of services) {
    const client = await connect(`shop_${service}`)
    try {
      await prepareDatabase(client, slotNameOf(service))
    } finally {
      await client.end()
    }
  }
}

const requireLogicalLog = async (admin: pg.Client) => {
  const { rows } = await admin.query<{ wal_level: string }>('SHOW wal_level')
  if (rows[0]?.wal_level !== 'logical')
    throw new Error(`PostgreSQL runs with wal_level=${rows[0]?.wal_level}; change data capture needs wal_level=logical`)
}

const prepareDatabase = async (client: pg.Client, slot: string) => {
  const publications = await client.query('SELECT FROM pg_publication WHERE pubname = $1', [publicationName])
  if (!publications.rowCount) await client.query(`CREATE PUBLICATION ${publicationName}`)
  const slots = await client.query('SELECT FROM pg_replication_slots WHERE slot_name = $1', [slot])
  if (!slots.rowCount) await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot])
}

/** The URL by which the connector reads a captured database's log. */
export const captureUrl = (postgresUrl: string, service: string, password: string): string => {
  const url = new URL(postgresUrl)
  url.username = role
  url.password = password
  url.pathname = `/shop_${service}`
  return url.href
}
