import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hasDatabase } from '@shop/manifest'
import type { VariantName } from '@shop/manifest/variants'
import { type StartableService, servicesOf } from '../services.ts'
import type { EmbeddedBackend } from './backend.ts'
import { type Backends, type BackendsOptions, planBackends, root, startEmbedded } from './backends.ts'
import { type Capture, capturedPostgres, planCapture, type RelayKind } from './capture.ts'
import { openDataFolder } from './data-folder.ts'
import { Door } from './door.ts'
import { describeEnding, logTail, rotateLog, startGuarded, within } from './guarded-process.ts'
import { type Links, planLinks } from './links.ts'
import { type PlacedService, place, wantedBy } from './placed-service.ts'
import { requireFree } from './ports.ts'
import { type Log, step } from './progress.ts'
import { Replicas } from './replicas.ts'
import { Run, recordFileOf } from './run.ts'
import { endLeftovers } from './run-record.ts'
import { StartRefusal } from './start-refusal.ts'
import { type Supervisor, supervise } from './supervisor.ts'
import { neededOf, preparingPostgres } from './variant.ts'

const initTimeoutMs = 120_000
const backendRestartDelayMs = 1_000

export interface ShopOptions extends Omit<BackendsOptions, 'ports'> {
  /** 'fixed' (default): those of the environment and of the manifest; 'free': ones that are free now */
  ports?: 'fixed' | 'free'
  /** begins anew: deletes what is stored in `dataDir` */
  fresh?: boolean
  /** proxies between the services and what they use, and fault points in the services; default: SHOP_FAULTS=true in `env` */
  faults?: boolean
  /** who takes the events of the services on PostgreSQL to the broker; default 'outbox', their own relays */
  relay?: RelayKind
  /** default: those of services/ that take part in the choreography */
  services?: readonly StartableService[]
  /** the dashboard too; default false */
  dashboard?: boolean
  /** finishes orders in this other way, by its own services; default: the choreography */
  variant?: VariantName
  /** run once before the services; default infra/init/main.ts */
  initScript?: string
}

export interface Shop {
  /** by service name, without a path: 'http://127.0.0.1:3001' */
  urls: Record<string, string>
  /** by service name */
  databaseUrls: Record<string, string>
  backends: Backends
  /** Kafka Connect, with `relay: 'cdc'` */
  capture: Pick<Capture, 'worker' | 'restUrl'> | undefined
  /** for the services' admin routes */
  adminToken: string
  services: Supervisor
  dataDir: string
  /** Starts or ends further processes until there are `to` of the service. Resolves with their URLs, the first one's first, when all are ready. */
  scale(service: string, to: number): Promise<readonly string[]>
  /** Services first, then Kafka, then the databases; then frees the data folder. */
  stop(): Promise<void>
}

/**
 * The whole shop: backends, one-shot initialisation, services. While it runs, `<dataDir>/run.json` tells pids and addresses.
 * A service or an embedded backend that ends by itself is started again after a second.
 * @throws StartRefusal with one clear line for what the person at the console can mend; Error with the end of a log for the rest. All
 * that was started is stopped by then.
 */
export const startShop = async (options: ShopOptions): Promise<Shop> => {
  const { log = () => {}, ports = 'fixed', signal, dashboard = false, variant } = options
  const env: NodeJS.ProcessEnv = { ...(options.env ?? process.env), SHOP_VARIANT: variant }
  const entries = options.services ?? servicesOf(variant).filter((service) => dashboard || hasDatabase(service))
  const data = openDataFolder(options.dataDir, { fresh: options.fresh ?? false })
  const closing: (() => Promise<void> | void)[] = [data.release]
  const stop = once(() => inOrder(closing.toReversed()))
  try {
    await endLeftovers(recordFileOf(data), log)
    const placed = await place(entries, ports, env)
    const faults = options.faults ?? env.SHOP_FAULTS === 'true'
    if (faults) refuseFaults(env)
    const links = faults ? await planLinks(placed.filter(hasDatabase)) : undefined
    const kafkaListeners = links?.services.map((l) => l.listener) ?? []
    const capturing = await planCapture(options.relay ?? 'outbox', { dataDir: data.dir, ports, env, log, signal })
    const postgresSettings = { ...(capturing && capturedPostgres), ...(variant === 'two-phase' && preparingPostgres) }
    const plan = await planBackends({ ...options, env, ports: ports === 'free' ? 'free' : {}, kafkaListeners, postgresSettings })
    await plan.check()
    await requireFree([...placed.map(wantedBy), ...(capturing ? [capturing.wantedPort] : [])])

    const backends = plan.make(log)
    const settings = { RELAY: options.relay ?? 'outbox', ...(faults && { FAULTS_ENABLED: 'true' }) }
    const run = new Run(backends, placed, data, { ...env, ...settings }, links)
    closing.push(
      () => run.forget(),
      () => backends.stop(),
    )
    for (const backend of backends.embedded) keepRunning(backend, run, log)
    await startEmbedded(neededOf(backends, variant), log)
    signal?.throwIfAborted()
    await initialise(options.initScript ?? join(root, 'infra', 'init', 'main.ts'), run, data.logFile('init'), log, signal)

    const capture = capturing?.make(backends, placed, data.logFile('connect'))
    if (capture) {
      closing.push(() => capture.stop())
      run.connect = capture
      keepRunning(capture.worker, run, log)
    }
    const supervisor = await startProcesses(run, placed, capture, { closing, log, signal })
    const { replicas, close } = await openDoor(run, supervisor, placed, backends, links)
    closing.push(close)
    return {
      urls: run.urls,
      databaseUrls: run.databaseUrls,
      backends,
      capture,
      adminToken: run.adminToken,
      services: supervisor,
      dataDir: data.dir,
      scale: async (service, to) => {
        await replicas.scale(service, to)
        const further = [...replicas.urls.values()].filter((replica) => replica.service === service)
        return [run.urls[service] ?? '', ...further.map(({ url }) => url)]
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Starting {
  readonly closing: (() => Promise<void> | void)[]
  readonly log: Log
  readonly signal: AbortSignal | undefined
}

/** The proxies, then the services and, beside them, what takes their events to the broker. @returns the services, when all are ready */
const startProcesses = async (
  run: Run,
  placed: readonly PlacedService[],
  capture: Capture | undefined,
  { closing, log, signal }: Starting,
): Promise<Supervisor> => {
  const watching = { log, onChange: () => run.record() }
  if (run.commandOfProxies) {
    const proxies = await supervise([run.commandOfProxies], watching)
    closing.push(() => proxies.stop())
    run.proxies = proxies
    await orAborted(proxies.ready(), signal)
  }
  const commands = placed.map((service) => run.commandOf(service))
  const supervisor = await supervise(commands, watching)
  run.services = supervisor
  run.record()
  closing.push(() => supervisor.stop())
  const names = placed.map(({ name }) => name).join(', ')
  const ready = step(
    log,
    `starting ${names}`,
    () => orAborted(supervisor.ready(), signal),
    () => `${names} are ready`,
  )
  await Promise.all([ready, capture && orAborted(capture.start(), signal)])
  return supervisor
}

/** A server that is not ours has no proxy before it, and its Kafka tells its clients another address. */
const refuseFaults = (env: NodeJS.ProcessEnv) => {
  if (env.SHOP_VARIANT)
    throw new StartRefusal(
      `a variant has no fault points and no proxies: start ${env.SHOP_VARIANT} without --faults; npm run fault kills, pauses and stops its processes all the same`,
    )
  const given = ['KAFKA_BROKERS', 'RABBITMQ_URL', 'POSTGRES_URL', 'MONGO_URL'].filter((name) => env[name])
  if (given.length > 0)
    throw new StartRefusal(`faults need the embedded servers: unset ${given.join(', ')}, or start without --faults`)
}

const openDoor = async (
  run: Run,
  services: Supervisor,
  placed: readonly PlacedService[],
  { broker, brokerUrl, postgres, mongo }: Backends,
  links: Links | undefined,
) => {
  const commands = new Map(placed.map((service) => [service.name, run.commandOf(service)]))
  const commandOf = (name: string) => {
    const command = commands.get(name)
    if (!command) throw new Error(`no service '${name}': there are ${[...commands.keys()].join(', ')}`)
    return command
  }
  const replicas = new Replicas(services, commandOf)
  const stateOf = (name: string, url: string) => {
    const pid = services.pid(name)
    return [name, { url, ...(pid !== undefined && { pid }) }] as const
  }
  const door = new Door({
    token: run.adminToken,
    services,
    replicas,
    backends: {
      [brokerUrl === undefined ? 'kafka' : 'rabbitmq']: broker,
      postgres,
      mongo,
      ...(run.connect && { connect: run.connect.worker }),
    },
    state: () => ({
      services: Object.fromEntries([
        ...placed.map(({ name, url }) => stateOf(name, url)),
        ...[...replicas.urls].map(([name, { url }]) => stateOf(name, url)),
      ]),
      faultsEnabled: run.faultsEnabled,
      ...(links && { proxiesUrl: links.controlUrl }),
    }),
  })
  run.replicas = replicas
  run.doorUrl = await door.open()
  run.record()
  return { replicas, close: () => door.close() }
}

/** Creates topics, roles and databases; every step of it may be repeated, so it runs at each start. */
const initialise = async (script: string, run: Run, logFile: string, log: Log, signal: AbortSignal | undefined) => {
  if (!existsSync(script)) return
  rotateLog(logFile)
  const work = async () => {
    const child = await startGuarded({
      name: 'init',
      kind: 'service',
      command: process.execPath,
      args: [script],
      env: run.environmentOfInit,
      logFile,
    })
    try {
      const inTime = await orAborted(within(child.ended, initTimeoutMs), signal)
      if (inTime && child.ending()?.code === 0) return
      const why = inTime ? describeEnding(await child.ended) : `took more than ${initTimeoutMs / 1000} s`
      throw new Error(`topics and databases cannot be prepared: ${script} ${why}\n  the end of ${logFile}:\n${logTail(logFile)}`)
    } finally {
      await child.end(1_000)
    }
  }
  await step(log, 'preparing topics and databases', work, () => 'topics and databases are prepared')
}

/** As with the services: whoever killed it (a fault script, the system for want of memory) did not want the shop to stay broken. */
const keepRunning = (backend: EmbeddedBackend, run: Run, log: Log) => {
  const again = (why: string) => {
    log(`${backend.name} ${why}, starting again in ${backendRestartDelayMs / 1000} s`)
    backend.startAfter(backendRestartDelayMs).then(
      (started) => started && log(`${backend.name} is ready again, pid ${backend.pid()}`),
      (error: Error) => {
        log(error.message)
        again('did not start')
      },
    )
  }
  backend.onCrash = (ending) => again(describeEnding(ending))
  backend.onChange = () => run.record()
}

/** @throws the signal's reason as soon as it is aborted; the promise itself goes on */
const orAborted = async <Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> => {
  if (!signal) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
    promise.catch(() => {}) // nobody waits for it any more
  }
}

/** Each of them, also after one failed. @throws what the first one that failed threw */
const inOrder = async (steps: readonly (() => Promise<void> | void)[]) => {
  const errors: unknown[] = []
  for (const each of steps) {
    try {
      await each()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length > 0) throw errors[0]
}

const once = (work: () => Promise<void>): (() => Promise<void>) => {
  let done: Promise<void> | undefined
  return () => {
    done ??= work()
    return done
  }
}
