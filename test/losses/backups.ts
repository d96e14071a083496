/** Backups of one service's database, as pg_dump and mongodump make them: while the service goes on. */
import { hasDatabase, services } from '@shop/manifest'
import { connectMongo } from '@shop/store-mongo'
import pg from 'pg'
import type { OwnShop } from '../odd-records/own-shop.ts'

interface Backup {
  readonly service: string
  /** ISO 8601. */
  readonly takenAt: string
  /** Puts it in the place of what the database has now; the service has to be stopped. */
  restore(): Promise<void>
}

const kept = 'kept'

interface Table {
  readonly name: string
  /** Those that are not made from others. */
  readonly columns: string
}

/** All tables as they are at one moment, in a schema beside them. */
const backUpPostgres = async (url: string): Promise<() => Promise<void>> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Table>(
      `SELECT quote_ident(table_name) AS name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns
         FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER' GROUP BY table_name`,
    )
    await client.query(`CREATE SCHEMA ${kept}`)
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    for (const { name, columns } of rows)
      await client.query(`CREATE TABLE ${kept}.${name} AS SELECT ${columns} FROM public.${name}`)
    await client.query('COMMIT')
    return () => restorePostgres(url, rows)
  } finally {
    await client.end()
  }
}

/** Identities go on where they were, so that no number is given twice. */
const restorePostgres = async (url: string, tables: readonly Table[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query(`TRUNCATE ${tables.map(({ name }) => `public.${name}`).join(', ')}`)
    for (const { name, columns } of tables)
      await client.query(`INSERT INTO public.${name} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${kept}.${name}`)
    await client.query('COMMIT')
    await client.query(`DROP SCHEMA ${kept} CASCADE`)
  } finally {
    await client.end()
  }
}

/** Numbers, bytes and all as they are stored. */
const asStored = { promoteValues: false, promoteLongs: false, promoteBuffers: false } as const
const insertMax = 200

const backUpMongo = async (uri: string): Promise<() => Promise<void>> => {
  const connection = await connectMongo({ uri, applicationName: 'backup' })
  try {
    const collections = await connection.listCollections()
    const documents = new Map<string, object[]>()
    for (const { name } of collections) documents.set(name, await connection.collection(name).find({}, asStored).toArray())
    return () => restoreMongo(uri, documents)
  } finally {
    await connection.close()
  }
}

const restoreMongo = async (uri: string, documents: ReadonlyMap<string, readonly object[]>): Promise<void> => {
  const connection = await connectMongo({ uri, applicationName: 'restore' })
  try {
    for (const { name } of await connection.listCollections()) {
      const collection = connection.collection(name)
      await collection.deleteMany({})
      const before = documents.get(name) ?? []
      for (let i = 0; i < before.length; i += insertMax) await collection.insertMany(before.slice(i, i + insertMax) as never)
    }
  } finally {
    await connection.close()
  }
}

export const backUp = async ({ shop }: OwnShop, service: string): Promise<Backup> => {
  const { database } = services.filter(hasDatabase).find((s) => s.name === service) ?? {}
  const url = shop.databaseUrls[service] ?? ''
  const takenAt = new Date().toISOString()
  return { service, takenAt, restore: await (database === 'postgres' ? backUpPostgres : backUpMongo)(url) }
}
