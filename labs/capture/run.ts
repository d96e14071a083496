/** One way after the other, on the same servers: at a steady pace, in a burst, killed, and away. */
import { setTimeout as pause } from 'node:timers/promises'
import { kafkaTransport } from '@shop/transport-kafka'
import type pg from 'pg'
import { type CapturedServers, onCaptured, type Running } from '../servers.ts'
import { deviationsOf, perTransactionKilled, type Row, titles, type WayName } from './row.ts'
import { type Connecting, connecting, connectTo, prepareSlot, startTeller, type Teller } from './taking.ts'
import { type TellerSettings, toldSchema } from './teller/settings.ts'
import { cpuOf } from './usage.ts'
import { type Watcher, watchTopic } from './watcher.ts'

export interface Experiment {
  readonly ways: readonly WayName[]
  /** Events of the burst, of the kill and while nobody takes them. */
  readonly events: number
  /** Of the steady pace, and for so long. */
  readonly perSecond: number
  readonly seconds: number
  readonly pollIntervalMs: number
}

const partitions = 6
const drainMsMax = 240_000
const settleMs = 2_000
const idleMs = 5_000
/** An idle session tells what it has done after ten seconds. */
const statisticsMs = 11_000
/** Events of a transaction of the burst, as many as a busy service handles at once. */
const perTransaction = 50
/** Told before anything is measured: a Java process that has just begun is slow. */
const warmUpSeconds = 10

export const measure = (experiment: Experiment, running: Running): Promise<readonly Row[]> =>
  onCaptured(running, async (servers) => {
    const rows: Row[] = []
    for (const way of experiment.ways) {
      running.say(titles[way])
      const row = await measureWay(way, experiment, servers, running)
      for (const deviation of deviationsOf(row)) running.say(`NOT as it must be: ${deviation}`)
      rows.push(row)
    }
    return rows
  })

interface Course extends Experiment {
  readonly servers: CapturedServers
  readonly say: (line: string) => void
  /** undefined: the teller relays */
  readonly connect: Connecting | undefined
  readonly settings: TellerSettings
  readonly db: pg.Client
  readonly watcher: Watcher
  teller: Teller
}

const measureWay = async (way: WayName, experiment: Experiment, servers: CapturedServers, running: Running): Promise<Row> => {
  const service = `lab_${way.replaceAll('-', '_')}`
  const topic = `lab.${way}`
  const brokers = servers.kafkaBrokers.split(',')
  const admin = await connectTo(servers.postgresUrl)
  await admin.query(`CREATE DATABASE shop_${service}`)
  await admin.end()
  const db = await connectTo(servers.postgresUrl, `shop_${service}`)
  await prepareTables(db)
  const topics = kafkaTransport({ brokers, clientId: 'lab' }).admin()
  await topics.createTopics([{ topic, partitions }])
  await topics.close()
  const url = new URL(servers.postgresUrl)
  url.pathname = `/shop_${service}`
  const settings: TellerSettings = {
    way: way === 'relay' ? 'relay' : 'log',
    service,
    databaseUrl: url.href,
    brokers,
    topic,
    relays: true,
  }
  if (way !== 'relay') await prepareSlot(servers, service)
  const { pollIntervalMs } = experiment
  const connect =
    way === 'relay'
      ? undefined
      : await connecting(servers, running, { service, exactlyOnce: way === 'cdc-exactly-once', pollIntervalMs })
  const watcher = await watchTopic(brokers, topic)
  const course: Partial<Course> = { ...experiment, servers, say: running.say, connect, settings, db, watcher }
  try {
    await connect?.start()
    course.teller = await startTeller(settings)
    return { way, ...(await runCourse(course as Course)) }
  } finally {
    await course.teller?.kill()
    await connect?.remove()
    await watcher.stop()
    await db.end()
  }
}

const prepareTables = async (db: pg.Client) => {
  const { anyBytesSchema, deadLettersSchema, messagingSchema } = await import('@shop/store-postgres')
  for (const schema of [messagingSchema, deadLettersSchema, anyBytesSchema, toldSchema]) await db.query(schema)
}

const runCourse = async (course: Course): Promise<Omit<Row, 'way'>> => {
  const steady = await atSteadyPace(course)
  const burst = await inBurst(course)
  const killed = await whileKilled(course)
  const away = await whileAway(course)
  const { watcher, db } = course
  const told = await countOf(db)
  return { ...steady, ...burst, ...killed, ...away, lost: told - watcher.seen(), outOfOrder: watcher.outOfOrder() }
}

const countOf = async (db: pg.Client) =>
  (await db.query<{ count: number }>('SELECT count(*)::int AS count FROM told')).rows[0]?.count ?? 0

/** Until all that is committed has come. */
const drained = async ({ db, watcher }: Course) => watcher.until(await countOf(db), drainMsMax)

const atSteadyPace = async (course: Course): Promise<Pick<Row, 'p50Ms' | 'p99Ms' | 'idleCpuMs'>> => {
  const { teller, watcher, perSecond, seconds, connect } = course
  const pace = { perTransaction: 1, intervalMs: 1_000 / perSecond }
  await teller.tell({ ...pace, count: perSecond * warmUpSeconds })
  await drained(course)
  watcher.forget()
  await teller.tell({ ...pace, count: perSecond * seconds })
  await drained(course)
  const latencies = watcher.latenciesMs()
  const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0
  await pause(settleMs)
  const used = () => cpuOf({ connect: connect?.worker.processId() }).connect
  const before = used()
  await pause(idleMs)
  return { p50Ms: at(0.5), p99Ms: at(0.99), idleCpuMs: (used() - before) / (idleMs / 1_000) }
}

const databaseUse = async (db: pg.Client) => {
  await pause(statisticsMs)
  const { rows } = await db.query<{ log: string; changed: string }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS log, (tup_inserted + tup_deleted)::text AS changed
       FROM pg_stat_database WHERE datname = current_database()`,
  )
  return { log: Number(rows[0]?.log), changed: Number(rows[0]?.changed) }
}

const inBurst = async (course: Course): Promise<Pick<Row, 'perSecond' | 'cpuMs' | 'logBytes' | 'rows'>> => {
  const { teller, watcher, servers, connect, events, db } = course
  const used = () =>
    cpuOf({
      service: teller.process.pid,
      database: servers.postgres.pid(),
      connect: connect?.worker.processId(),
      broker: servers.broker.pid(),
    })
  const [before, databaseBefore, begunAt] = [used(), await databaseUse(db), performance.now()]
  await teller.tell({ count: events, perTransaction, intervalMs: 0 })
  await drained(course)
  const perSecond = events / ((watcher.lastAt() - begunAt) / 1_000)
  const [after, databaseAfter] = [used(), await databaseUse(db)]
  const perEvent = (name: keyof typeof after) => (after[name] - before[name]) / events
  return {
    perSecond,
    cpuMs: {
      service: perEvent('service'),
      database: perEvent('database'),
      connect: perEvent('connect'),
      broker: perEvent('broker'),
    },
    logBytes: (databaseAfter.log - databaseBefore.log) / events,
    rows: (databaseAfter.changed - databaseBefore.changed) / events,
  }
}

/** What takes the events is killed in the middle, and started again at once. */
const whileKilled = async (course: Course): Promise<Pick<Row, 'doubled' | 'stoodMs'>> => {
  const { watcher, connect, events, settings, db, say } = course
  const [before, seenBefore, toldBefore] = [watcher.doubled(), watcher.seen(), await countOf(db)]
  const what = { perTransaction: perTransactionKilled, intervalMs: 10 }
  watcher.forget()
  const telling = course.teller.tell({ ...what, count: events }).catch(() => {})
  await watcher.until(seenBefore + Math.floor(events * 0.4), drainMsMax)
  if (connect) {
    await connect.worker.kill()
    await connect.start()
  } else {
    await course.teller.kill()
    course.teller = await startTeller(settings)
    await course.teller.tell({ ...what, count: events - ((await countOf(db)) - toldBefore) })
  }
  await telling
  await drained(course)
  await pause(settleMs)
  const stoodMs = watcher.gapMs()
  say(`killed: ${watcher.doubled() - before} came twice, nothing came for ${(stoodMs / 1_000).toFixed(1)} s`)
  return { doubled: watcher.doubled() - before, stoodMs }
}

/** Nobody takes the events for a while; then somebody does again. */
const whileAway = async (course: Course): Promise<Pick<Row, 'keptBytes' | 'catchUpMs'>> => {
  const { connect, events, settings, db, say } = course
  if (connect) await connect.worker.stop()
  else {
    await course.teller.kill()
    course.teller = await startTeller({ ...settings, relays: false })
  }
  const kept = connect
    ? `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS bytes FROM pg_replication_slots WHERE database = current_database()`
    : `SELECT pg_total_relation_size('outbox')::text AS bytes`
  const keptNow = async () => Number((await db.query<{ bytes: string }>(kept)).rows[0]?.bytes)
  const before = await keptNow()
  await course.teller.tell({ count: events, perTransaction, intervalMs: 0 })
  const keptBytes = ((await keptNow()) - before) / events
  const startedAt = performance.now()
  if (connect) await connect.start()
  else {
    await course.teller.kill()
    course.teller = await startTeller(settings)
  }
  await drained(course)
  const catchUpMs = performance.now() - startedAt
  say(`away: ${keptBytes.toFixed(0)} bytes kept for each of ${events} events, caught up in ${(catchUpMs / 1_000).toFixed(1)} s`)
  return { keptBytes, catchUpMs }
}
