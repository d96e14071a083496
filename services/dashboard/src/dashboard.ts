import { setImmediate as othersTurn } from 'node:timers/promises'
import { followsStreams, followTopics, positionOf, transportTo } from '@shop/broker'
import { type ConsumedRecord, type Transport, watchHandler, watchProgress } from '@shop/messaging'
import { brokersIn } from '@shop/participant/config'
import { addStandstillGauge, progressChecks, standstillOf } from '@shop/participant/standing'
import { type Checks, createApp, createMetrics, fail, host, type Log, type Metrics, type ServiceApp } from '@shop/service-host'
import { applySafely } from './apply-safely.ts'
import { Bursts } from './burst.ts'
import { CheckRuns } from './check.ts'
import type { Config } from './config.ts'
import { Feed } from './feed.ts'
import { Guard } from './guard.ts'
import { routes } from './http.ts'
import { KafkaWatch } from './kafka-watch.ts'
import { addMetrics } from './metrics.ts'
import { Monitor } from './monitor.ts'
import { watchedTopics } from './observation.ts'
import { Processes } from './processes.ts'
import { type Change, isAheadOf, Projection, type Retention } from './projection.ts'
import { ServicesWatch } from './services-watch.ts'
import { placeOrder } from './shop.ts'
import { Store } from './store.ts'
import { Stream } from './stream.ts'
import { Upstream } from './upstream.ts'

const forgetEveryMs = 10_000
const recordsPerChunkMax = 250
/** Of some 80 partitions; what a fetch brings is in memory until it is handled. */
const fetchBytesPerPartitionMax = 32 * 1_024
/** People see no difference, and the shop beside it has the processor meanwhile. */
const fetchIntervalMsMin = 30
const localHosts = ['localhost', '127.0.0.1', '::1']

/** Wires the dashboard together and runs it until the process is told to stop. @returns where it listens. */
export const runDashboard = async (config: Config, log: Log): Promise<string> => {
  const store = new Store(config.DATA_DIR)
  const projection = new Projection(store)
  const onError = (err: unknown) => log.error({ err }, 'pages could not be told of a change')
  const feed = new Feed(projection, onError)
  const stream = new Stream({ feed, store, onError })
  const metrics = createMetrics({ service: 'dashboard' })
  const count = addMetrics(metrics, { projection, readers: () => stream.readers, lag: () => subscription.lag() })

  // A store that is begun anew has a group of its own, which reads the topics from their beginning.
  const group = `dashboard-${store.id}`
  const transport = await transportTo({ brokers: brokersIn(config), clientId: 'dashboard', log })
  const { subscription, checks, standstill } = startReading({ transport, group, projection, feed, count, metrics, log })

  const upstream = new Upstream(config.SERVICE_URLS)
  const bursts = new Bursts((order) =>
    placeOrder(upstream, order).then(
      () => true,
      () => false,
    ),
  )
  const services = new ServicesWatch(upstream)
  const monitor = new Monitor({
    kafka: new KafkaWatch(transport, followsStreams(transport) ? undefined : group),
    services,
    figure: (name) => projection.figure(name),
    standstill,
    rest: () => ({ rates: feed.rates(), ...(bursts.latest && { burst: bursts.latest }) }),
    check: () => topicsMustBeThoseOf(projection, store),
    readers: () => stream.readers,
    send: (pulse) => stream.tell('pulse', pulse),
    log,
  })
  monitor.start()
  const retention = { ms: config.DASHBOARD_RETENTION, ordersMax: config.DASHBOARD_ORDERS_MAX }
  const forgetting = setInterval(() => forgetSome(projection, retention, log), forgetEveryMs)

  const app = createApp({
    log,
    metrics,
    checks,
    routes: routes({
      projection,
      stream,
      monitor,
      services,
      upstream,
      bursts,
      retention,
      checks: new CheckRuns(config.CHECK_COMMAND),
      processes: new Processes(config.RUN_RECORD, config.ADMIN_TOKEN),
      guard: new Guard({ token: config.ADMIN_TOKEN, actions: config.DASHBOARD_ACTIONS }),
      customers: config.DASHBOARD_CUSTOMERS,
      adminToken: config.ADMIN_TOKEN,
      hosts: [...localHosts, ...config.ALLOWED_HOSTS],
    }),
  })
  const { url } = await host({
    name: 'dashboard',
    log,
    app: endingStreams(app, stream),
    port: config.PORT,
    hostname: config.HOST,
    onStop: [
      { name: 'consumer', stop: () => subscription.stop() },
      { name: 'monitor', stop: () => monitor.stop() },
      {
        name: 'store',
        stop: async () => {
          bursts.stop()
          clearInterval(forgetting)
          feed.stop()
          store.close()
        },
      },
    ],
  })
  return url
}

interface Reading {
  readonly transport: Transport
  readonly group: string
  readonly projection: Projection
  readonly feed: Feed
  readonly count: (change: Change) => void
  readonly metrics: Metrics
  readonly log: Log
}

/** Fills the projection from all topics. @returns what has to work for the dashboard to be ready, too. */
const startReading = ({ transport, group, projection, feed, count, metrics, log }: Reading) => {
  const progress = { projection: watchProgress() }
  addStandstillGauge(metrics, progress)
  const take = async (records: readonly ConsumedRecord[]): Promise<void> => {
    for (const change of applySafely(projection, records, log)) {
      count(change)
      feed.tell(change)
    }
    // The store works synchronously: between two chunks heartbeats, timers and readers have their turn.
    await othersTurn()
  }
  const positions = projection.positions()
  const subscription = followTopics(transport, {
    groupId: group,
    topics: watchedTopics,
    handle: watchHandler(take, progress.projection),
    onFatal: fail,
    maxRecordsPerChunk: recordsPerChunkMax,
    after: (topic) => {
      const next = positions.get(`${topic}/0`)
      return next === undefined ? undefined : positionOf(0, next - 1)
    },
    kafka: { fetchBytesPerPartitionMax, fetchIntervalMsMin },
  })
  const checks: Checks = {
    consumer: async () => {
      if (!subscription.joined()) throw new Error(`has not joined the consumer group ${group}`)
    },
    ...progressChecks(progress, transport.describe),
  }
  return { subscription, checks, standstill: () => standstillOf(progress.projection, transport.describe) }
}

/** Not this time is no reason to end. */
const forgetSome = (projection: Projection, retention: Retention, log: Log): void => {
  try {
    projection.forget(retention)
  } catch (err) {
    log.warn({ err }, 'old orders are not forgotten this time')
  }
}

/** A check of the topics against what was read of them up to now; with other topics than those the dashboard ends, its store thrown away. */
const topicsMustBeThoseOf = (projection: Projection, store: Store) => {
  const positions = projection.positions()
  return (topics: Parameters<typeof isAheadOf>[1]): void => {
    if (!isAheadOf(positions, topics)) return
    store.discard()
    fail(
      new Error('the topics are not those that the store was filled from: it is thrown away and filled anew at the next start'),
    )
  }
}

/** The stop waits for requests under way, and a stream never ends by itself. */
const endingStreams = (app: ServiceApp, stream: Stream): ServiceApp => ({
  express: app.express,
  beginStop: () => {
    app.beginStop()
    stream.close()
  },
})
