import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fetch, maven, takeTurn } from './jars.ts'
import { onPath } from './java.ts'
import { type Log, step } from './progress.ts'
import { StartRefusal } from './start-refusal.ts'

const pom = join(import.meta.dirname, '..', 'connect', 'pom.xml')

const fingerprint = () => createHash('sha256').update(readFileSync(pom)).digest('hex')

const areReady = (directory: string) => {
  const marker = join(directory, 'ready')
  return existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint()
}

/** @throws StartRefusal when jars must be fetched and there is no Maven */
export const requireMavenForConnect = (directory: string, env: NodeJS.ProcessEnv): void => {
  if (areReady(directory) || onPath('mvn', env)) return
  throw new StartRefusal("Maven is needed once, to fetch Kafka Connect and Debezium, and 'mvn' is not on the PATH: install it")
}

/**
 * Fetches Kafka Connect, Debezium's connector for PostgreSQL and the file connectors through Maven, unless that was done before: only those
 * who want change data capture need them.
 * @returns the class path, as `java -cp` takes it. @throws StartRefusal when there is no Maven, or it fails, or takes longer than 10 min
 */
export const prepareConnectJars = async ({ directory, log, ...tools }: Omit<Fetch, 'java'> & { log: Log }): Promise<string> => {
  const release = areReady(directory) ? undefined : await takeTurn(`${directory}.lock`)
  try {
    if (!areReady(directory)) {
      requireMavenForConnect(directory, tools.env)
      await step(log, 'fetching Kafka Connect and Debezium through Maven (once, 40 MB)', () => fetchJars(directory, tools))
    }
  } finally {
    release?.()
  }
  return join(directory, '*')
}

/** All of them or none: a fetch cut off half-way leaves only the draft. */
const fetchJars = async (directory: string, tools: Pick<Fetch, 'env' | 'signal'>) => {
  const draft = `${directory}.new`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  await maven(tools, 'Kafka Connect', ['-f', pom, 'dependency:copy-dependencies', `-Djars.directory=${draft}`])
  writeFileSync(join(draft, 'ready'), fingerprint())
  rmSync(directory, { recursive: true, force: true })
  renameSync(draft, directory)
}
