import { setImmediate as othersTurn } from 'node:timers/promises'
import type { ConsumedRecord } from '@shop/messaging'
import { createApp, createMetrics, fail, host, type Log, type ServiceApp } from '@shop/service-host'
import { kafkaTransport } from '@shop/transport-kafka'
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
import { isAheadOf, Projection } from './projection.ts'
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
  const feed = new Feed(projection)
  const stream = new Stream({ feed, store })
  const metrics = createMetrics({ service: 'dashboard' })
  const count = addMetrics(metrics, { projection, readers: () => stream.readers, lag: () => subscription.lag() })

  // A store that is begun anew has a group of its own, which reads the topics from their beginning.
  const group = `dashboard-${store.id}`
  const transport = kafkaTransport({ brokers: config.KAFKA_BROKERS, clientId: 'dashboard', log })
  const take = async (records: readonly ConsumedRecord[]): Promise<void> => {
    const change = projection.apply(records)
    count(change)
    feed.tell(change)
    // The store works synchronously: between two chunks heartbeats, timers and readers have their turn.
    await othersTurn()
  }
  const subscription = transport.subscribe({
    groupId: group,
    topics: watchedTopics,
    handle: take,
    onFatal: fail,
    maxRecordsPerChunk: recordsPerChunkMax,
    fetchBytesPerPartitionMax,
    fetchIntervalMsMin,
  })

  const upstream = new Upstream(config.SERVICE_URLS)
  const bursts = new Bursts((order) =>
    placeOrder(upstream, order).then(
      () => true,
      () => false,
    ),
  )
  const services = new ServicesWatch(upstream)
  const monitor = new Monitor({
    kafka: new KafkaWatch(transport, group),
    services,
    figure: (name) => projection.figure(name),
    rest: () => ({ rates: feed.rates(), ...(bursts.latest && { burst: bursts.latest }) }),
    check: () => topicsMustBeThoseOf(projection, store),
    readers: () => stream.readers,
    send: (pulse) => stream.tell('pulse', pulse),
    log,
  })
  monitor.start()
  const retention = { ms: config.DASHBOARD_RETENTION, ordersMax: config.DASHBOARD_ORDERS_MAX }
  const forgetting = setInterval(() => projection.forget(retention), forgetEveryMs)

  const app = createApp({
    log,
    metrics,
    checks: {
      consumer: async () => {
        if (!subscription.joined()) throw new Error(`has not joined the consumer group ${group}`)
      },
    },
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
