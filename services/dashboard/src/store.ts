import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { SeenEvent, SeenLetter } from './observation.ts'
import type { Order } from './order.ts'
import type { Told } from './saga.ts'
import { schema, version } from './schema.ts'

type Row = Record<string, SQLInputValue>

export interface EventRow extends Omit<SeenEvent, 'facts'> {
  readonly seenAt: number
  readonly copyOf: string | null
}

export interface OrdersQuery {
  readonly state?: string | undefined
  readonly customerId?: string | undefined
  /** Only open orders not heard of since then; milliseconds since 1970. */
  readonly quietSince?: number | undefined
  readonly after?: { readonly firstAt: number; readonly orderId: string } | undefined
  readonly limit: number
}

const orderColumns = [
  ...['orderId', 'customerId', 'total', 'currency', 'reason', 'state', 'firstAt', 'lastAt', 'lastType', 'endedAt', 'events'],
  ...['duplicates', 'deadLetters', 'compensated', 'waitingFor', 'omitted'],
]
const place = ['orderId', 'topic', 'partition', 'offset']
const eventColumns = [
  ...[
    ...place,
    'id',
    'type',
    'causationId',
    'correlationId',
    'traceparent',
    'at',
    'writtenAt',
    'seenAt',
    'copyOf',
    'data',
    'error',
  ],
]
const letterColumns = [...[...place, 'consumer', 'position', 'kind', 'error', 'attempts', 'type', 'eventId', 'firstAt', 'lastAt']]
const insert = (table: string, columns: readonly string[]): string =>
  `INSERT OR REPLACE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((c) => `:${c}`).join(', ')})`

const insertPosition = insert('positions', ['topic', 'partition', 'next'])
const insertEvent = insert('events', eventColumns)
const insertLetter = insert('letters', letterColumns)
/** Replacing a whole row would rewrite it in every index, an update only in those whose columns changed. */
const upsertOrder = `INSERT INTO orders (${orderColumns.join(', ')}) VALUES (${orderColumns.map((c) => `:${c}`).join(', ')})
  ON CONFLICT (orderId) DO UPDATE SET ${orderColumns
    .slice(1)
    .map((c) => `${c} = :${c}`)
    .join(', ')}`

/** @throws TypeError for what is no value of a column, before SQLite is asked. */
const rowOf = (columns: readonly string[], values: object): Row => {
  const row: Row = {}
  for (const name of columns) {
    const value: unknown = (values as Record<string, unknown>)[name]
    if (value !== null && typeof value !== 'string' && !Number.isSafeInteger(value))
      throw new TypeError(`${name} must be a text or a whole number, not ${typeof value}`)
    row[name] = value as SQLInputValue
  }
  return row
}

/** SQLite's primary result codes for a value that does not fit: too big, a constraint, a mismatch, out of range. */
const valueCodes = new Set([18, 19, 20, 25])

/** True when it was not the data that SQLite refused, but that it could not work: a full disk, a locked file, a store that was closed. */
export const blamesEnvironment = (error: unknown): boolean => {
  const { code, errcode } = error as { readonly code?: string; readonly errcode?: number }
  if (code === 'ERR_SQLITE_ERROR') return !valueCodes.has((errcode ?? 0) & 0xff)
  return code === 'ERR_INVALID_STATE'
}

const cacheKiB = 16 * 1_024

/**
 * What the dashboard has seen, in one SQLite file that can be deleted at any time: a new one is filled from the topics again.
 * It is on disk so that memory stays flat however many orders there are. Calls are synchronous and short.
 */
export class Store {
  /** Names this filling of the store; a new one reads the topics from their beginning. */
  readonly id: string
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** @param folder made when it is not there; absent: in memory. @throws Error when it cannot be written. */
  constructor(folder?: string) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true })
    this.#db = open(folder === undefined ? ':memory:' : join(folder, 'dashboard.sqlite'))
    this.id = String(this.#get('SELECT value FROM meta WHERE name = :name', { name: 'id' })?.value)
  }

  /** All that `work` writes becomes durable together, or not at all. */
  transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /** By `<topic>/<partition>`. */
  positions(): Map<string, number> {
    const rows = this.#all('SELECT topic, partition, next FROM positions', {})
    return new Map(rows.map((r) => [`${r.topic}/${r.partition}`, Number(r.next)]))
  }

  savePosition(topic: string, partition: number, next: number): void {
    this.#run(insertPosition, { topic, partition, next })
  }

  order(orderId: string): Order | undefined {
    return this.#get('SELECT * FROM orders WHERE orderId = :orderId', { orderId }) as unknown as Order | undefined
  }

  saveOrder(order: Order): void {
    this.#run(upsertOrder, rowOf(orderColumns, order))
  }

  /** What conclusions are drawn from, in the order in which it was read per topic. */
  told(orderId: string): Told[] {
    const columns = 'topic, partition, offset, id, type, causationId, at, copyOf'
    return this.#all(`SELECT ${columns} FROM events WHERE orderId = :orderId`, { orderId }) as unknown as Told[]
  }

  addEvent(orderId: string, event: EventRow): void {
    this.#run(insertEvent, rowOf(eventColumns, { orderId, ...event }))
  }

  addLetter(orderId: string, letter: SeenLetter): void {
    this.#run(insertLetter, rowOf(letterColumns, { orderId, ...letter }))
  }

  /** By time; copies included. */
  events(orderId: string, limit: number): EventRow[] {
    const sql = 'SELECT * FROM events WHERE orderId = :orderId ORDER BY at, writtenAt, topic, partition, offset LIMIT :limit'
    return this.#all(sql, { orderId, limit }) as unknown as EventRow[]
  }

  letters(orderId: string, limit: number): SeenLetter[] {
    const sql = 'SELECT * FROM letters WHERE orderId = :orderId ORDER BY topic, partition, offset LIMIT :limit'
    return this.#all(sql, { orderId, limit }) as unknown as SeenLetter[]
  }

  /** Newest first. */
  orders({ state, customerId, quietSince, after, limit }: OrdersQuery): Order[] {
    const conditions = ['events > 0']
    if (state !== undefined) conditions.push('state = :state')
    if (customerId !== undefined) conditions.push('customerId = :customerId')
    if (quietSince !== undefined) conditions.push("state IN ('PENDING', 'CANCELLING') AND lastAt < :quietSince")
    if (after !== undefined) conditions.push('(firstAt, orderId) < (:firstAt, :orderId)')
    const sql = `SELECT * FROM orders WHERE ${conditions.join(' AND ')} ORDER BY firstAt DESC, orderId DESC LIMIT :limit`
    const given = Object.entries({
      state,
      customerId,
      quietSince,
      firstAt: after?.firstAt,
      orderId: after?.orderId,
      limit,
    }).filter(([, value]) => value !== undefined)
    return this.#all(sql, Object.fromEntries(given) as Row) as unknown as Order[]
  }

  figures(): Map<string, number> {
    return new Map(this.#all('SELECT name, value FROM figures', {}).map((r) => [String(r.name), Number(r.value)]))
  }

  addToFigure(name: string, n: number): void {
    const sql = 'INSERT INTO figures (name, value) VALUES (:name, :n) ON CONFLICT (name) DO UPDATE SET value = value + :n'
    this.#run(sql, { name, n })
  }

  addToSeries(at: number, name: string, n: number): void {
    const sql =
      'INSERT INTO series (at, name, value) VALUES (:at, :name, :n) ON CONFLICT (at, name) DO UPDATE SET value = value + :n'
    this.#run(sql, { at, name, n })
  }

  series(since: number): { at: number; name: string; value: number }[] {
    const sql = 'SELECT at, name, value FROM series WHERE at >= :since ORDER BY at'
    return this.#all(sql, { since }) as { at: number; name: string; value: number }[]
  }

  /** The orders that began longest ago. */
  oldest(limit: number): { orderId: string; state: string; firstAt: number }[] {
    const sql = 'SELECT orderId, state, firstAt FROM orders ORDER BY firstAt LIMIT :limit'
    return this.#all(sql, { limit }) as { orderId: string; state: string; firstAt: number }[]
  }

  forget(orderId: string): void {
    for (const table of ['events', 'letters', 'orders']) this.#run(`DELETE FROM ${table} WHERE orderId = :orderId`, { orderId })
  }

  forgetSeries(before: number): void {
    this.#run('DELETE FROM series WHERE at < :before', { before })
  }

  close(): void {
    this.#db.close()
  }

  /** Throws away what is stored: the next store in this folder is a new one. This one can be used until it is closed. */
  discard(): void {
    this.#run('DELETE FROM meta', {})
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql)
    this.#statements.set(sql, known)
    return known
  }

  #get(sql: string, values: Row): Row | undefined {
    return this.#prepared(sql).get(values) as Row | undefined
  }

  #all(sql: string, values: Row): Row[] {
    return this.#prepared(sql).all(values) as Row[]
  }

  #run(sql: string, values: Row): void {
    this.#prepared(sql).run(values)
  }
}

/** A file that is damaged, or of another version, is replaced: nothing in it is not on the topics. */
const open = (file: string): DatabaseSync => {
  const found = tryOpen(file)
  if (found !== undefined) return found
  if (file !== ':memory:') for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  const db = new DatabaseSync(file)
  configure(db)
  db.exec(`BEGIN; ${schema} PRAGMA user_version = ${version}; COMMIT`)
  db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run('id', randomUUID())
  return db
}

const tryOpen = (file: string): DatabaseSync | undefined => {
  const db = new DatabaseSync(file)
  try {
    configure(db)
    if (db.prepare('PRAGMA user_version').get()?.user_version === version) {
      if (db.prepare("SELECT value FROM meta WHERE name = 'id'").get() !== undefined) return db
    }
  } catch (error) {
    if (!/malformed|not a database|no such table/.test((error as Error).message)) throw error
  }
  db.close()
  return undefined
}

/** FULL: a commit is on disk before Kafka is told that its records are done with. */
const configure = (db: DatabaseSync): void =>
  db.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKiB}; PRAGMA journal_size_limit = 67108864;`,
  )
