import { transportTo } from '@shop/broker'
import { catalogueFor, type Incoming, needsOf, type ServiceName, subscriptionsOf } from '@shop/choreography'
import {
  type Catalogue,
  deadLetters,
  type Faults,
  type HandlingOptions,
  type Lost,
  type Message,
  type MessageStore,
  type NeedsByType,
  type Observer,
  onDecoded,
  type ProgressWatch,
  type React,
  type RelayOptions,
  retryCompensations,
  settingAside,
  startRelay,
  type Transport,
  watchHandling,
  watchProgress,
  withAsides,
} from '@shop/messaging'
import {
  type Checks,
  ConfigurationError,
  createApp,
  createLog,
  createMetrics,
  fail,
  host,
  type Log,
  readConfig,
  runService,
  type StopStep,
} from '@shop/service-host'
import type { Router } from 'express'
import type { z } from 'zod'
import { deadLetterRoutes, faultRoutes } from './admin.ts'
import { answerAgain, tellOpenOrders } from './answering-again.ts'
import { brokersIn, type ParticipantSettings } from './config.ts'
import { FaultRules, readFaultRules } from './fault-rules.ts'
import {
  addCaptureGauges,
  addGauges,
  type CaptureState,
  countingObserver,
  type ParticipantMetrics,
  participantMetrics,
} from './metrics.ts'
import { openInsistently } from './opening.ts'
import { parkRoute } from './park-route.ts'
import { type Refusable, Refusals, refusalRoutes } from './refusals.ts'
import { addStandstillGauge, progressChecks } from './standing.ts'
import { type TellingAgain, tellAgainRoutes } from './tell-again.ts'

/** Something else than this process that takes what is stored to the broker: a connector that reads the database's log. */
export interface Capture extends Pick<ProgressWatch, 'standstill'> {
  /** How far it is behind. */
  state(): Promise<CaptureState>
}

/** What a service is made of, once its database is open. */
export interface Parts<In extends Message, Work> {
  readonly store: MessageStore<Work>
  readonly react: React<Work, In>
  readonly routes: Router
  /** What it can tell again from its state; absent when it tells nothing. */
  readonly tellingAgain?: TellingAgain
  /** An order that is open for so long is told again by itself, in milliseconds; default never. */
  readonly tellAgainAfterMs?: number
  /** What takes outgoing messages from the database to the broker, when that is not a relay in this process. */
  readonly capture?: Capture | undefined
  /** Called every ten minutes: removes what is kept for a while only. */
  readonly upkeep?: () => Promise<unknown>
  /** Stopped before the consumer, such as timers. */
  readonly stopFirst?: readonly StopStep[]
  /** Closes the store and the database, after everything that uses them. */
  readonly close: () => Promise<unknown>
}

/** What a service hears and tells over the broker. */
export interface Speech {
  readonly catalogue: Catalogue
  readonly topics: readonly string[]
  readonly needs: NeedsByType
}

type Settings = z.ZodObject & z.ZodType<ParticipantSettings>

export interface ParticipantOptions<Name extends string, In extends Message, Config extends Settings, Work> {
  readonly name: Name
  readonly config: Config
  /** What it can be told to refuse when faults are enabled; default nothing. */
  readonly refuses?: Refusable
  /** Opens the database and builds the service's parts. @throws when the database cannot be reached; it is called again then. */
  readonly open: (context: {
    readonly config: z.output<Config>
    readonly log: Log
    readonly metrics: ParticipantMetrics
    readonly faults: Faults | undefined
    readonly refusals: Refusals | undefined
  }) => Promise<Parts<In, Work>>
}

/**
 * Runs a service of the choreography as a process: configuration, database, consumer, relay, HTTP, and their ordered stop. It starts
 * without a broker, too, and is not ready until it has joined its group.
 */
export const runParticipant = <Name extends ServiceName, Config extends Settings, Work>(
  options: ParticipantOptions<Name, Incoming<Name>, Config, Work>,
): Promise<void> => {
  const { name } = options
  return runSpeaking(options, { catalogue: catalogueFor(name), topics: subscriptionsOf(name), needs: needsOf(name) })
}

/** The same for a service that hears and tells something else than the choreography says. */
export const runSpeaking = <In extends Message, Config extends Settings, Work>(
  { name, config: schema, refuses, open }: ParticipantOptions<string, In, Config, Work>,
  speech: Speech,
): Promise<void> =>
  runService(name, async () => {
    const config = readConfig(schema)
    const { LOG_LEVEL: level, PORT: port, HOST: hostname } = config
    const log = createLog({ service: name, level, withhold: ['shippingAddress', 'address'] })
    const metrics = participantMetrics(createMetrics({ service: name }))
    const transport = await transportTo({ brokers: brokersIn(config), clientId: name, log })
    const faults = switchedFaults(config, log)
    const refusals = refuses && config.FAULTS_ENABLED ? new Refusals(refuses) : undefined
    const opened = await openInsistently(name, config.DATABASE_URL, log, () => open({ config, log, metrics, faults, refusals }))

    const { store, routes, tellingAgain, stopFirst = [], upkeep = async () => {}, close } = opened
    const messages = startMessages({
      name,
      transport,
      log,
      metrics,
      faults,
      store,
      react: onDecoded(opened.react),
      opened,
      speech,
    })
    const keeping = everyTenMinutes(upkeep, log)

    const app = createApp({
      log,
      metrics,
      routes,
      admin: config.ADMIN_TOKEN
        ? {
            token: config.ADMIN_TOKEN,
            routers: [
              deadLetterRoutes(name, messages.letters),
              messages.parking,
              ...(tellingAgain ? [tellAgainRoutes(tellingAgain, messages)] : []),
              ...(faults ? [faultRoutes(faults)] : []),
              ...(refusals ? [refusalRoutes(refusals)] : []),
            ],
          }
        : undefined,
      isUnavailable: (error) => store.isTransient(error),
      checks: { database: () => store.ping(), ...messages.checks },
    })
    const onStop = [...stopFirst, { name: 'upkeep', stop: keeping.stop }, ...messages.onStop, { name: 'database', stop: close }]
    await host({ name, log, app, port, hostname, onStop })
  })

interface MessagesOptions<Work> {
  readonly name: string
  readonly speech: Speech
  readonly transport: Transport
  readonly log: Log
  readonly metrics: ParticipantMetrics
  readonly faults: Faults | undefined
  readonly store: MessageStore<Work>
  readonly react: React<Work>
  readonly opened: Pick<Parts<never, Work>, 'tellingAgain' | 'tellAgainAfterMs' | 'capture'>
}

/** Starts what takes messages in and out. @returns the dead letters, what has to work for it to be ready, and its stop, in order. */
const startMessages = <Work>({ name, transport, log, metrics, faults, store, react, opened, speech }: MessagesOptions<Work>) => {
  const { catalogue, topics, needs } = speech
  store.waitFor(needs)
  const publisher = transport.publisher()
  const consuming = watchProgress()
  const { relay, progress: relaying } = startRelaying(opened.capture, { store, publisher, catalogue, log, faults })
  const progress = { consumer: consuming, relay: relaying }
  const parts = { consumer: name, catalogue, store, react, publisher, log, faults }
  const again = startTellingAgain(opened, { publisher, catalogue, log })
  const observe = answeringObserver(countingObserver(metrics), again.heard)
  const handling = { ...parts, observe, describePosition: transport.describe }
  const letters = deadLetters({ ...parts, setAside: settingAside(handling) })
  const compensations = retryCompensations(letters, log)
  const { handle, parking } = attended(handling, consuming, { name, topics, transport })
  const onLost = ({ topic, records = 1 }: Lost) => metrics.recordsLost.inc({ topic }, records)
  const subscription = transport.subscribe({ groupId: name, topics, handle, onFatal: fail, onLost })
  addStandstillGauge(metrics, progress)
  addGauges(metrics, {
    backlog: opened.capture ? undefined : () => store.backlog(),
    letterCounts: () => store.letterCounts(),
    lag: () => subscription.lag(),
  })
  if (opened.capture) addCaptureGauges(metrics, opened.capture)
  const checks: Checks = {
    consumer: async () => {
      if (!subscription.joined()) throw new Error(`has not joined the consumer group ${name}`)
    },
    producer: async () => {
      if (!publisher.ready()) throw new Error('is not connected to a broker')
    },
    ...progressChecks(progress, transport.describe),
  }
  const onStop: readonly StopStep[] = [
    { name: 'compensations', stop: () => compensations.stop() },
    { name: 'consumer', stop: () => subscription.stop() },
    { name: 'telling again', stop: again.stop },
    { name: 'relay', stop: () => relay.stop() },
    { name: 'producer', stop: () => publisher.close() },
  ]
  return { letters, parking, publisher, catalogue, checks, onStop }
}

/** The relay, and what tells whether it goes on; with `capture` there is none in this process. */
const startRelaying = (capture: Capture | undefined, options: Omit<RelayOptions, 'progress'>) => {
  if (capture) return { relay: { stop: async () => {} }, progress: capture }
  const progress = watchProgress()
  return { relay: startRelay({ ...options, progress }), progress }
}

interface Attention {
  readonly name: string
  readonly topics: readonly string[]
  readonly transport: Pick<Transport, 'admin'>
}

/** A handler whose progress is watched, and the route by which one of its records is set aside by hand. */
const attended = <Work>(handling: HandlingOptions<Work>, progress: ProgressWatch, reading: Attention) => {
  const { options, watch } = watchHandling(handling, progress)
  const asides = withAsides(options)
  return { handle: watch(asides.handle), parking: parkRoute({ ...reading, asides }) }
}

/** What tells again without being told to: open orders, and answers to those who ask. */
const startTellingAgain = (
  { tellingAgain: telling, tellAgainAfterMs: afterMs }: MessagesOptions<never>['opened'],
  to: Omit<Parameters<typeof answerAgain>[0], 'telling'>,
) => {
  const answering = telling && answerAgain({ telling, ...to })
  const sweeping = telling && afterMs !== undefined ? tellOpenOrders({ telling, ...to }, { afterMs }) : undefined
  sweeping?.start()
  return {
    heard: (messages: readonly Message[]) => answering?.heard(messages),
    stop: async () => {
      await sweeping?.stop()
      await answering?.stop()
    },
  }
}

/** Shows also the messages of batches in which some had been handled before. */
const answeringObserver = (observer: Observer, heard: (messages: readonly Message[]) => void): Observer => ({
  ...observer,
  transaction: (messages, outcome) => {
    observer.transaction(messages, outcome)
    if (outcome.duplicates > 0) heard(messages)
  },
})

/** @throws ConfigurationError when faults are given without being enabled, or are wrong. */
const switchedFaults = ({ FAULTS_ENABLED, FAULTS }: ParticipantSettings, log: Log): FaultRules | undefined => {
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
