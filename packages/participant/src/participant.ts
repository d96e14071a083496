import { setTimeout as pause } from 'node:timers/promises'
import { catalogueFor, type ServiceName, subscriptionsOf } from '@shop/choreography'
import {
  deadLetters,
  type Faults,
  type MessageStore,
  type Observer,
  type React,
  recordHandler,
  retryCompensations,
  startRelay,
} from '@shop/messaging'
import {
  ConfigurationError,
  createApp,
  createLog,
  createMetrics,
  fail,
  host,
  type Log,
  type Metrics,
  messageOf,
  readConfig,
  runService,
  type StopStep,
} from '@shop/service-host'
import { kafkaTransport } from '@shop/transport-kafka'
import type { Router } from 'express'
import type { z } from 'zod'
import { deadLetterRoutes, faultRoutes } from './admin.ts'
import { FaultRules, readFaultRules } from './fault-rules.ts'
import { type Refusable, Refusals, refusalRoutes } from './refusals.ts'

/** What a service is made of, once its database is open. */
export interface Parts<Work> {
  readonly store: MessageStore<Work>
  readonly react: React<Work>
  readonly routes: Router
  /** Called every ten minutes: removes what is kept for a while only. */
  readonly upkeep?: () => Promise<unknown>
  /** Stopped before the consumer, such as timers. */
  readonly stopFirst?: readonly StopStep[]
  /** Closes the store and the database, after everything that uses them. */
  readonly close: () => Promise<unknown>
}

/** The settings that `baseConfig` reads, under a service's own defaults. */
export interface BaseSettings {
  readonly PORT: number
  readonly HOST: string
  readonly LOG_LEVEL: string
  readonly KAFKA_BROKERS: string[]
  readonly DATABASE_URL: string
  readonly ADMIN_TOKEN?: string | undefined
  readonly FAULTS_ENABLED: boolean
  readonly FAULTS?: string | undefined
}

export interface ParticipantOptions<Config extends z.ZodObject & z.ZodType<BaseSettings>, Work> {
  readonly name: ServiceName
  readonly config: Config
  /** What it can be told to refuse when faults are enabled; default nothing. */
  readonly refuses?: Refusable
  /** Opens the database and builds the service's parts. @throws when the database cannot be reached; it is called again then. */
  readonly open: (context: {
    readonly config: z.output<Config>
    readonly log: Log
    readonly metrics: Metrics
    readonly faults: Faults | undefined
    readonly refusals: Refusals | undefined
  }) => Promise<Parts<Work>>
}

/**
 * Runs a service of the choreography as a process: configuration, database, consumer, relay, HTTP, and their ordered stop. It starts
 * without a broker, too, and is not ready until it has joined its group.
 */
export const runParticipant = <Config extends z.ZodObject & z.ZodType<BaseSettings>, Work>({
  name,
  config: schema,
  refuses,
  open,
}: ParticipantOptions<Config, Work>): Promise<void> =>
  runService(name, async () => {
    const config = readConfig(schema)
    const { KAFKA_BROKERS: brokers, LOG_LEVEL: level, PORT: port, HOST: hostname } = config
    const log = createLog({ service: name, level })
    const metrics = createMetrics({ service: name })
    const faults = switchedFaults(config, log)
    const refusals = refuses && config.FAULTS_ENABLED ? new Refusals(refuses) : undefined
    const {
      store,
      react,
      routes,
      stopFirst = [],
      upkeep = async () => {},
      close,
    } = await openInsistently(name, config.DATABASE_URL, log, () => open({ config, log, metrics, faults, refusals }))

    const catalogue = catalogueFor(name)
    const transport = kafkaTransport({ brokers, clientId: name, log })
    const publisher = transport.publisher()
    const relay = startRelay({ store, publisher, catalogue, log, faults })
    const letters = deadLetters({ store, catalogue, react, log, faults })
    const compensations = retryCompensations(letters, log)
    const keeping = everyTenMinutes(upkeep, log)
    const parts = { consumer: name, catalogue, store, react, publisher, log, faults }
    const handle = recordHandler({ ...parts, observe: observer(metrics), describePosition: transport.describe })
    const subscription = transport.subscribe({
      groupId: name,
      topics: subscriptionsOf(name),
      handle,
      onFatal: fail,
    })
    metrics.observeOutbox(async () => {
      const { count, oldestMs } = await store.backlog()
      return { depth: count, oldestSeconds: oldestMs / 1_000 }
    })
    metrics.observeDeadLetters(() => store.letterCounts())
    metrics.observeConsumerLag(() => subscription.lag())

    const app = createApp({
      log,
      metrics,
      routes,
      admin: config.ADMIN_TOKEN
        ? {
            token: config.ADMIN_TOKEN,
            routers: [
              deadLetterRoutes(name, letters),
              ...(faults ? [faultRoutes(faults)] : []),
              ...(refusals ? [refusalRoutes(refusals)] : []),
            ],
          }
        : undefined,
      isUnavailable: (error) => store.isTransient(error),
      checks: {
        database: () => store.ping(),
        consumer: async () => {
          if (!subscription.joined()) throw new Error(`has not joined the consumer group ${name}`)
        },
        producer: async () => {
          if (!publisher.ready()) throw new Error('is not connected to a broker')
        },
      },
    })
    await host({
      name,
      log,
      app,
      port,
      hostname,
      onStop: [
        ...stopFirst,
        { name: 'upkeep', stop: keeping.stop },
        { name: 'compensations', stop: () => compensations.stop() },
        { name: 'consumer', stop: () => subscription.stop() },
        { name: 'relay', stop: () => relay.stop() },
        { name: 'producer', stop: () => publisher.close() },
        { name: 'database', stop: close },
      ],
    })
  })

/** @throws ConfigurationError when faults are given without being enabled, or are wrong. */
const switchedFaults = ({ FAULTS_ENABLED, FAULTS }: BaseSettings, log: Log): FaultRules | undefined => {
  if (!FAULTS_ENABLED && FAULTS !== undefined) throw new ConfigurationError('FAULTS is set, but FAULTS_ENABLED is not true')
  if (!FAULTS_ENABLED) return undefined
  const faults = new FaultRules(log)
  for (const rule of FAULTS === undefined ? [] : readFaultRules(FAULTS)) faults.add(rule)
  return faults
}

const upkeepIntervalMs = 600_000

const everyTenMinutes = (upkeep: () => Promise<unknown>, log: Log) => {
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(upkeep).catch((err) => log.warn({ err }, 'upkeep: not this time'))
  }, upkeepIntervalMs).unref()
  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}

const openMsMax = 600_000
const retryDelayMsMin = 500
const retryDelayMsMax = 10_000

/**
 * Opens the database; while that fails, says why in one line and tries again, for at most ten minutes. Meanwhile nothing listens, so the
 * process counts as unhealthy, and it is there at once when the database is.
 */
const openInsistently = async <T>(name: string, databaseUrl: string, log: Log, open: () => Promise<T>): Promise<T> => {
  // not by URL: the address of a MongoDB may name several hosts
  const host = databaseUrl.replace(/^[^:]+:\/\/([^@/]*@)?/, '').split(/[/?]/)[0]
  const deadline = Date.now() + openMsMax
  for (let delayMs = retryDelayMsMin; ; delayMs = Math.min(delayMs * 2, retryDelayMsMax)) {
    try {
      return await open()
    } catch (error) {
      const message = `${name} cannot open its database at ${host}: ${messageOf(error)}`
      if (Date.now() > deadline) throw new Error(message, { cause: error })
      log.error({ delayMs }, `${message}; trying again in ${delayMs / 1_000} s`)
      await pause(delayMs)
    }
  }
}

const observer = (metrics: Metrics): Observer => ({
  transaction: (messages, { handled, duplicates }) => {
    metrics.transactions.inc()
    metrics.batchSize.observe(messages.length)
    if (duplicates > 0) metrics.messagesDuplicate.inc(duplicates)
    // Which of them were duplicates only the store knows; types are exact whenever there are none.
    if (handled === messages.length) for (const { type } of messages) metrics.messagesHandled.inc({ type })
    else if (handled > 0) metrics.messagesHandled.inc({ type: 'mixed' }, handled)
  },
  deadLettered: (reason) => metrics.messagesDeadLettered.inc({ reason }),
  retried: () => metrics.handlingRetries.inc(),
})
