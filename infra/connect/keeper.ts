/** Sees to it that connectors are there and run: Kafka Connect itself starts none again that has failed. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectorStatus, ConnectRest } from './rest.ts'

export interface KeeperOptions {
  readonly rest: ConnectRest
  /** What there should be, by name; others are left alone. */
  readonly connectors: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly log: (line: string) => void
  /** Between two looks; default 1000. */
  readonly intervalMs?: number
}

export interface Keeper {
  /** Resolves once each connector and its task run. @throws what was wrong the last time, when they do not in time */
  running(msMax: number): Promise<void>
  stop(): Promise<void>
}

const retryDelayMsMax = 30_000

/** Looks again and again until it is stopped. What has failed is started again, after a second at first, later after half a minute. */
export const keepConnectors = ({ rest, connectors, log, intervalMs = 1_000 }: KeeperOptions): Keeper => {
  const stopped = new AbortController()
  const wrong = new Map<string, string>(Object.keys(connectors).map((name) => [name, 'not looked at yet']))
  const failures = new Map<string, { readonly count: number; readonly nextAt: number }>()

  /** @returns what is wrong with it, if anything */
  const look = async (name: string, config: Readonly<Record<string, string>>): Promise<string | undefined> => {
    const status = await rest.status(name)
    if (status === undefined) {
      await rest.put(name, config)
      return 'it is being made'
    }
    const failed = failureIn(status)
    if (failed === undefined) {
      if (isRunning(status)) failures.delete(name)
      return isRunning(status) ? undefined : `it is ${status.connector.state}, with ${status.tasks.length} tasks`
    }
    const { count = 0, nextAt = 0 } = failures.get(name) ?? {}
    if (performance.now() < nextAt) return failed
    failures.set(name, { count: count + 1, nextAt: performance.now() + Math.min(1_000 * 2 ** count, retryDelayMsMax) })
    log(`connector ${name} has failed, starting it again: ${failed}`)
    await rest.restart(name)
    return failed
  }

  const lookAtAll = async (isFirst: boolean) => {
    for (const [name, config] of Object.entries(connectors)) {
      try {
        // What a former start has left there may be of other addresses.
        if (isFirst) await rest.put(name, config)
        const what = await look(name, config)
        if (what === undefined) wrong.delete(name)
        else wrong.set(name, what)
      } catch (error) {
        wrong.set(name, (error as Error).message)
        if (isFirst) throw error
      }
    }
  }

  const run = async () => {
    let isFirst = true
    while (!stopped.signal.aborted) {
      isFirst = await lookAtAll(isFirst).then(
        () => false,
        () => isFirst,
      )
      await delay(intervalMs, undefined, { signal: stopped.signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    running: async (msMax) => {
      const giveUpAt = performance.now() + msMax
      while (wrong.size > 0) {
        if (performance.now() > giveUpAt)
          throw new Error([...wrong].map(([name, what]) => `connector ${name} does not run: ${what}`).join('; '))
        await delay(50)
      }
    },
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}

const isRunning = ({ connector, tasks }: ConnectorStatus): boolean =>
  connector.state === 'RUNNING' && tasks.length > 0 && tasks.every((task) => task.state === 'RUNNING')

/** The last cause of what failed, in one line. */
const failureIn = ({ connector, tasks }: ConnectorStatus): string | undefined => {
  const failed = [connector, ...tasks].find(({ state }) => state === 'FAILED')
  if (failed === undefined) return undefined
  const lines = (failed.trace ?? '').split('\n')
  return (lines.findLast((line) => line.startsWith('Caused by: ')) ?? lines[0] ?? '').replace('Caused by: ', '').slice(0, 300)
}
