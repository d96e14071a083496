import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runGuarded, ToolFailure } from './guarded-tool.ts'
import { onPath } from './java.ts'
import { takeLock } from './lock-file.ts'
import type { Log } from './progress.ts'
import { step } from './progress.ts'
import { StartRefusal } from './start-refusal.ts'

const kafkaSources = join(import.meta.dirname, 'java')
/** The MongoDB server, beside the file that tells what it is built on. */
const serverSources = join(import.meta.dirname, '..', 'mongo-on-file')
const fetchTimeoutMs = 10 * 60_000
const compileTimeoutMs = 60_000
const dependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1'
/** Compiles the server where there is a Java runtime without a compiler. */
const eclipseCompiler = 'org.eclipse.jdt:ecj:3.33.0'

export interface Jars {
  /** class paths, as `java -cp` takes them */
  kafka: string
  mongo: string
}

/** True when `directory` holds what this version of the sources needs, so that neither Maven nor the network is. */
const jarsAreReady = (directory: string) => readIfThere(join(directory, 'ready')) === fingerprint()

/** @throws StartRefusal when jars must be fetched and there is no Maven */
export const requireMaven = (directory: string, env: NodeJS.ProcessEnv): void => {
  if (jarsAreReady(directory) || onPath('mvn', env)) return
  throw new StartRefusal(
    "Maven is needed once, to fetch Kafka, and 'mvn' is not on the PATH: install it, for example 'apt-get install maven' or 'brew install maven'",
  )
}

/**
 * Fetches the jars of Kafka and of what the MongoDB server is built on through Maven and compiles the server, unless that was done before.
 * Processes that want the same directory at once take turns.
 * @throws StartRefusal when there is no Maven, or it fails, or takes longer than 10 min
 */
export const prepareJars = async (options: Fetch & { log: Log }): Promise<Jars> => {
  const { directory, env, log } = options
  const release = jarsAreReady(directory) ? undefined : await takeTurn(`${directory}.lock`)
  try {
    if (!jarsAreReady(directory)) {
      requireMaven(directory, env)
      await step(
        log,
        'fetching Kafka and the MongoDB server through Maven (once, 50 MB)',
        () => fetchJars(options),
        () => 'fetched Kafka and the MongoDB server',
      )
    }
  } finally {
    release?.()
  }
  return { kafka: join(directory, 'kafka', '*'), mongo: `${join(directory, 'mongo', '*')}:${join(directory, 'classes')}` }
}

/** Processes that want the same jars at once take turns. @returns what ends the turn */
export const takeTurn = async (lockFile: string): Promise<() => void> => {
  for (const giveUpAtMs = performance.now() + fetchTimeoutMs; ; ) {
    const lock = takeLock(lockFile)
    if ('release' in lock) return lock.release
    if (performance.now() > giveUpAtMs)
      throw new StartRefusal(`process ${lock.heldBy} has been fetching jars for 10 min: end it and try again`)
    await delay(200)
  }
}

export interface Fetch {
  directory: string
  java: string
  env: NodeJS.ProcessEnv
  /** ends it early */
  signal?: AbortSignal | undefined
}

const fetchJars = async ({ directory, ...tools }: Fetch) => {
  const draft = `${directory}.new`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(join(draft, 'classes'), { recursive: true })
  await maven(tools, 'Kafka', ['-f', join(kafkaSources, 'pom.xml'), 'dependency:copy-dependencies', `-Djars.directory=${draft}`])
  await compileServer({ directory: draft, ...tools })
  writeFileSync(join(draft, 'ready'), fingerprint())
  rmSync(directory, { recursive: true, force: true })
  renameSync(draft, directory) // all of it or nothing: a fetch cut off half-way leaves only the draft
}

const compileServer = async ({ directory, ...tools }: Fetch) => {
  const { java, env, signal } = tools
  const options = [
    '--release',
    '17',
    '-nowarn',
    '-cp',
    join(directory, 'mongo', '*'),
    '-d',
    join(directory, 'classes'),
    ...serverSourceFiles(),
  ]
  const compile = (command: string, args: readonly string[]) =>
    runGuarded(command, args, { env, signal, timeoutMs: compileTimeoutMs })
  const besideJava = join(dirname(java), 'javac')
  const javac = existsSync(besideJava) ? besideJava : onPath('javac', env)
  if (javac) return compile(javac, options)
  // a runtime without a compiler, as Debian's openjdk-17-jre-headless
  await maven(tools, 'a compiler', [
    `${dependencyPlugin}:copy`,
    `-Dartifact=${eclipseCompiler}`,
    `-DoutputDirectory=${join(directory, 'compiler')}`,
  ])
  return compile(java, [
    '-cp',
    join(directory, 'compiler', '*'),
    'org.eclipse.jdt.internal.compiler.batch.Main',
    ...withoutWildcard(options),
  ])
}

/** The Eclipse compiler does not expand `folder/*`. */
const withoutWildcard = (options: readonly string[]): string[] => {
  const expand = (folder: string) =>
    readdirSync(folder)
      .map((name) => join(folder, name))
      .join(':')
  return options.map((option) => (option.endsWith('/*') ? expand(dirname(option)) : option))
}

/** @param what is fetched, as a refusal calls it */
export const maven = async ({ env, signal }: Pick<Fetch, 'env' | 'signal'>, what: string, args: readonly string[]) => {
  try {
    await runGuarded('mvn', ['-q', '-B', ...args], { env, signal, timeoutMs: fetchTimeoutMs })
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error
    const reason = /\[ERROR\] (.*)/.exec(error.output)?.[1] ?? error.message
    throw new StartRefusal(
      `Maven could not fetch ${what}: ${reason.slice(0, 400)}\ncheck the network (and ~/.m2/settings.xml behind a proxy), then try again`,
    )
  }
}

const fingerprint = (): string => {
  const hash = createHash('sha256')
  for (const file of ['pom.xml', 'kafka/pom.xml']) hash.update(readFileSync(join(kafkaSources, file)))
  hash.update(readFileSync(join(serverSources, 'pom.xml')))
  for (const file of serverSourceFiles()) hash.update(readFileSync(file))
  return hash.digest('hex')
}

const serverSourceFiles = () =>
  readdirSync(serverSources)
    .filter((name) => name.endsWith('.java'))
    .sort()
    .map((name) => join(serverSources, name))

const readIfThere = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)
