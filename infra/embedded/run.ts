import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { hasDatabase } from '@shop/manifest'
import { variantNamed } from '@shop/manifest/variants'
import type { RecordedProcess, RunRecord } from '@shop/tools/running-shop'
import { databaseUrl } from '../init/database-urls.ts'
import type { EmbeddedBackend } from './backend.ts'
import { type Backends, root } from './backends.ts'
import type { Capture } from './capture.ts'
import type { DataFolder } from './data-folder.ts'
import type { Links } from './links.ts'
import { commandOfProxies, throughProxy } from './links.ts'
import type { PlacedService } from './placed-service.ts'
import { loopback } from './ports.ts'
import { processIdentity } from './process-identity.ts'
import type { Replicas } from './replicas.ts'
import { removeRunRecord, writeRunRecord } from './run-record.ts'
import type { Command, Supervisor } from './supervisor.ts'

/** In MB. It needs a tenth; the smaller the bound, the less garbage V8 lets gather before it collects it. */
const heapOfWatcher = '--max-old-space-size=512'

/** One run of the shop: what its processes are told, and what run.json tells of them. */
export class Run {
  services: Supervisor | undefined
  proxies: Supervisor | undefined
  replicas: Replicas | undefined
  /** Kafka Connect, when it takes the events to the broker. */
  connect: Pick<Capture, 'worker' | 'restUrl'> | undefined
  doorUrl: string | undefined
  /** Opens the services' admin routes to whoever may read run.json. */
  readonly adminToken: string
  readonly #startedAt = new Date().toISOString()
  readonly #backends: Backends
  readonly #placed: readonly PlacedService[]
  readonly #data: DataFolder
  readonly #env: NodeJS.ProcessEnv
  readonly #links: Links | undefined
  readonly #recordFile: string

  constructor(backends: Backends, placed: readonly PlacedService[], data: DataFolder, env: NodeJS.ProcessEnv, links?: Links) {
    this.#links = links
    this.#backends = backends
    this.#placed = placed
    this.#data = data
    this.#env = env
    this.adminToken = env.ADMIN_TOKEN || randomUUID()
    this.#recordFile = recordFileOf(data)
  }

  get urls(): Record<string, string> {
    return Object.fromEntries(this.#placed.map(({ name, url }) => [name, url]))
  }

  get databaseUrls(): Record<string, string> {
    const { postgresUrl, mongoUrl } = this.#backends
    return Object.fromEntries(
      this.#placed
        .filter(hasDatabase)
        .map((service) => [service.name, databaseUrl(service, { postgresUrl, mongoUrl, password: this.#password })]),
    )
  }

  /** whether the services have fault points */
  get faultsEnabled(): boolean {
    return this.#env.FAULTS_ENABLED === 'true'
  }

  get environmentOfInit(): NodeJS.ProcessEnv {
    const { postgresUrl, mongoUrl } = this.#backends
    return {
      ...this.#env,
      ...this.#environmentOfBroker(),
      POSTGRES_URL: postgresUrl,
      MONGO_URL: mongoUrl,
      SHOP_DB_PASSWORD: this.#password,
    }
  }

  commandOf(service: PlacedService): Command {
    const { name, folder, port, url } = service
    const link = this.#links?.services.find((l) => l.name === name)
    const database = this.databaseUrls[name] ?? ''
    const own = {
      PORT: String(port),
      HOST: loopback,
      ...this.#environmentOfBroker(link?.listener.advertisedPort),
      ADMIN_TOKEN: this.adminToken,
      // Services of the choreography know nobody's address; those of a variant may call each other.
      ...(this.#env.SHOP_VARIANT ? this.#whereOthersAre : {}),
      ...(hasDatabase(service)
        ? { DATABASE_URL: link ? throughProxy(database, link.databasePort) : database }
        : this.#environmentOfWatcher(name)),
    }
    const env = { ...this.#env, ...own }
    return {
      name,
      args: [...(hasDatabase(service) ? [] : [heapOfWatcher]), join(folder, 'src', 'main.ts')],
      cwd: folder,
      env,
      readyUrl: `${url}/readyz`,
      logFile: this.#data.logFile(name),
    }
  }

  /** undefined without --faults */
  get commandOfProxies(): Command | undefined {
    const behind = { databaseUrls: this.databaseUrls, brokerUrl: this.#backends.brokerUrl }
    return this.#links && commandOfProxies(this.#links, behind, this.adminToken, this.#data.logFile('proxies'), this.#env)
  }

  /** @param port of the proxy before it */
  #environmentOfBroker(port?: number): NodeJS.ProcessEnv {
    const { kafkaBrokers, brokerUrl } = this.#backends
    if (brokerUrl !== undefined) return { BROKER_URL: port === undefined ? brokerUrl : throughProxy(brokerUrl, port) }
    return { KAFKA_BROKERS: port === undefined ? kafkaBrokers : `${loopback}:${port}` }
  }

  /** What a service needs that looks at all the others. The addresses of the databases are the check's, which it runs as a process. */
  #environmentOfWatcher(name: string): NodeJS.ProcessEnv {
    const { postgresUrl, mongoUrl } = this.#backends
    return {
      DATA_DIR: join(this.#data.dir, name),
      ...this.#whereOthersAre,
      DASHBOARD_ACTIONS: this.#env.DASHBOARD_ACTIONS || 'true',
      CHECK_COMMAND: JSON.stringify([process.execPath, join(root, 'tools/check/main.ts'), '--json']),
      RUN_RECORD: this.#recordFile,
      POSTGRES_URL: postgresUrl,
      MONGO_URL: mongoUrl,
    }
  }

  get #whereOthersAre(): NodeJS.ProcessEnv {
    const others = this.#placed.filter(hasDatabase).map((service) => `${service.name}=${service.url}`)
    return { SERVICE_URLS: others.join(',') }
  }

  /** Brings run.json up to date. */
  record(): void {
    const { kafkaBrokers, brokerUrl, postgresUrl, mongoUrl, embedded } = this.#backends
    const entry = (pid: number, url: string, log: string): RecordedProcess => ({ pid, identity: processIdentity(pid), url, log })
    const urls: Record<string, string> = {
      Kafka: kafkaBrokers,
      PostgreSQL: postgresUrl,
      MongoDB: mongoUrl,
      RabbitMQ: brokerUrl ?? '',
    }
    const urlOf = ({ name }: EmbeddedBackend) => urls[name] ?? ''
    const record: RunRecord = {
      pid: process.pid,
      startedAt: this.#startedAt,
      dataDir: this.#data.dir,
      ...variantIn(this.#env),
      kafkaBrokers,
      ...(brokerUrl !== undefined && { brokerUrl }),
      postgresUrl,
      mongoUrl,
      adminToken: this.adminToken,
      ...(this.doorUrl !== undefined && { doorUrl: this.doorUrl }),
      backends: {},
      services: {},
      others: {},
    }
    // those that are only starting too: a run that finds them left over must know them
    for (const each of embedded) {
      const pid = each.processId()
      if (pid !== undefined) record.backends[each.name] = entry(pid, urlOf(each), each.logFile)
    }
    const connectPid = this.connect?.worker.processId()
    if (this.connect && connectPid !== undefined)
      record.backends[this.connect.worker.name] = entry(connectPid, this.connect.restUrl, this.connect.worker.logFile)
    // known once PostgreSQL runs, as it does before any service
    const databaseUrls = this.services ? this.databaseUrls : {}
    for (const { name, url } of this.#placed) {
      const pid = this.services?.pid(name)
      const database = databaseUrls[name]
      if (pid !== undefined)
        record.services[name] = { ...entry(pid, url, this.#data.logFile(name)), ...(database === undefined ? {} : { database }) }
    }
    for (const [name, { url }] of this.replicas?.urls ?? []) {
      const pid = this.services?.pid(name)
      if (pid !== undefined) record.others[name] = entry(pid, url, this.#data.logFile(name))
    }
    const proxiesPid = this.proxies?.pid('proxies')
    if (this.#links && proxiesPid !== undefined)
      record.others.proxies = entry(proxiesPid, this.#links.controlUrl, this.#data.logFile('proxies'))
    writeRunRecord(this.#recordFile, record)
  }

  forget(): void {
    removeRunRecord(this.#recordFile)
  }

  get #password() {
    return this.#env.SHOP_DB_PASSWORD || 'shop'
  }
}

const variantIn = ({ SHOP_VARIANT = '' }: NodeJS.ProcessEnv): Pick<RunRecord, 'variant'> => {
  const variant = variantNamed(SHOP_VARIANT)
  return variant === undefined ? {} : { variant }
}

export const recordFileOf = (data: DataFolder) => join(data.dir, 'run.json')
