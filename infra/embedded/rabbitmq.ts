import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BackendDefinition, EmbeddedBackend } from './backend.ts'
import { type GuardedProcess, startGuarded } from './guarded-process.ts'
import { onPath } from './java.ts'
import { accepts, loopback } from './ports.ts'
import { StartRefusal } from './start-refusal.ts'

/** Where Debian's package has it; what it puts on the PATH changes to another account first. */
const debianServer = '/usr/lib/rabbitmq/bin/rabbitmq-server'

/** The programs that a broker of its own is made of; `undefined` where RabbitMQ is not installed. */
export const findRabbitmq = (env: NodeJS.ProcessEnv): { readonly server: string; readonly epmd: string } | undefined => {
  const server = existsSync(debianServer) ? debianServer : onPath('rabbitmq-server', env)
  const epmd = onPath('epmd', env)
  return server === undefined || epmd === undefined ? undefined : { server, epmd }
}

export interface RabbitmqOptions {
  /** its data goes below this folder */
  folder: string
  /** of AMQP */
  port: number
  /** of Erlang's distribution, which the server wants even when it is alone */
  distributionPort: number
  /** of Erlang's port mapper, one for each server */
  mapperPort: number
  logFile: string
  env: NodeJS.ProcessEnv
}

const startTimeoutMs = 120_000 // Erlang loads hundreds of modules

/** RabbitMQ as a node of its own, with its own port mapper: Erlang would leave one behind that nobody ends. */
export const embeddedRabbitmq = (options: RabbitmqOptions): EmbeddedBackend => {
  const { folder, port, mapperPort, logFile, env } = options
  let mapper: GuardedProcess | undefined
  const definition: BackendDefinition = {
    name: 'RabbitMQ',
    port,
    startTimeoutMs,
    stopTimeoutMs: 20_000,
    async prepare() {
      const { server, epmd } = requireRabbitmq(env)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'enabled_plugins'), '[].\n')
      writeFileSync(join(folder, 'rabbitmq.conf'), configurationOf(port))
      mapper = await runningMapper(mapper, epmd, mapperPort, join(dirname(logFile), 'rabbitmq-epmd.log'))
      return { name: 'RabbitMQ', kind: 'backend', command: server, args: [], env: environmentOf(options), logFile }
    },
    isReady: async () =>
      existsSync(logFile) && readFileSync(logFile, 'utf8').includes('Server startup complete') && accepts(port),
    async afterEnd() {
      await mapper?.end(1_000)
      mapper = undefined
    },
  }
  return new EmbeddedBackend(definition)
}

const noRabbitmq =
  "there is no RabbitMQ here: install it (Debian: apt-get install rabbitmq-server), or name one with RABBITMQ_URL=amqp://…, or start without '--broker rabbitmq'"

/** @throws StartRefusal when it is not installed */
export const requireRabbitmq = (env: NodeJS.ProcessEnv) => {
  const found = findRabbitmq(env)
  if (found === undefined) throw new StartRefusal(noRabbitmq)
  return found
}

/** One that outlived a killed server serves the next one. */
const runningMapper = async (known: GuardedProcess | undefined, epmd: string, port: number, logFile: string) =>
  known !== undefined && known.ending() === undefined
    ? known
    : startGuarded({
        name: "RabbitMQ's port mapper",
        kind: 'backend',
        command: epmd,
        args: ['-port', String(port), '-address', loopback],
        logFile,
      })

const configurationOf = (port: number): string =>
  [
    `listeners.tcp.1 = ${loopback}:${port}`,
    'log.console = true',
    'log.connection.level = warning',
    'log.queue.level = warning',
    'disk_free_limit.absolute = 100MB',
    // Queues keep in memory what is in the log that is being written: 512 MB by default.
    'raft.wal_max_size_bytes = 33554432',
    'cluster_name = shop',
    '',
  ].join('\n')

/** `RUNNING_UNDER_SYSTEMD`: the script becomes the server, instead of a shell that waits for it and starts further programs to stop it. */
const environmentOf = ({ folder, distributionPort, mapperPort, env }: RabbitmqOptions): NodeJS.ProcessEnv => ({
  PATH: env.PATH,
  HOME: folder, // of Erlang's cookie
  LC_ALL: 'C.UTF-8',
  RUNNING_UNDER_SYSTEMD: 'true',
  RABBITMQ_NODENAME: 'shop@localhost',
  RABBITMQ_DIST_PORT: String(distributionPort),
  ERL_EPMD_PORT: String(mapperPort),
  RABBITMQ_CONF_ENV_FILE: '/dev/null',
  RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
  RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
  RABBITMQ_MNESIA_BASE: join(folder, 'data'),
  RABBITMQ_LOG_BASE: join(folder, 'logs'),
  RABBITMQ_LOGS: '-',
  // On two cores: threads that wait do not spin. Nobody else is to reach the node.
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-noinput +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}`,
})
