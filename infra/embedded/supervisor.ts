import { setTimeout as delay } from 'node:timers/promises'
import {
  awaitCondition,
  describeEnding,
  type Ending,
  type GuardedProcess,
  logTail,
  rotateLog,
  startGuarded,
} from './guarded-process.ts'
import { sendSignal } from './process-identity.ts'
import type { Log } from './progress.ts'

export interface Command {
  name: string
  /** arguments to Node: the service's main file */
  args: readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  /** answers 200 once the service does its work */
  readyUrl: string
  logFile: string
}

export interface SupervisorOptions {
  log: Log
  /** called whenever a process began or ended */
  onChange?: () => void
  /** default: the Node that runs us */
  node?: string
  /** before a process that ended is started again; default 1000 */
  restartDelayMs?: number
  /** between SIGTERM and SIGKILL at a stop; default 15000 */
  stopTimeoutMs?: number
}

export interface Supervisor {
  /** Resolves when every service answers its `readyUrl` with 200. @throws with the tail of the log of one that does not within 60 s */
  ready(): Promise<void>
  /** undefined while it is down */
  pid(name: string): number | undefined
  /** Sends a signal to the service's process. @throws when it does not run */
  kill(name: string, signal: NodeJS.Signals): void
  /** Ends the service and starts it no more until `start`. With SIGKILL it is given no time to end in order. */
  halt(name: string, signal?: 'SIGKILL'): Promise<void>
  /** Starts a halted service again; does nothing when it runs. */
  start(name: string): Promise<void>
  /** Watches over a further process. Resolves when it is ready. @throws as `ready` does */
  add(command: Command): Promise<void>
  /** Ends a process and forgets it. */
  remove(name: string): Promise<void>
  /** SIGTERM to all, after 15 s SIGKILL. Resolves when all are gone. */
  stop(): Promise<void>
}

const readyTimeoutMs = 60_000
/** An end within this time after the start counts as a failed start. */
const failedStartMs = 5_000
const failedStartsToReport = 5
const restartDelayMsMax = 30_000

/** Starts each command as a process of its own and starts those again that end, as `restart: unless-stopped` does in compose. */
export const supervise = async (commands: readonly Command[], options: SupervisorOptions): Promise<Supervisor> => {
  const watched = new Map(commands.map((command) => [command.name, new Watched(command, options)]))
  const find = (name: string) => {
    const service = watched.get(name)
    if (!service) throw new Error(`no service '${name}': there are ${[...watched.keys()].join(', ')}`)
    return service
  }
  const all = () => [...watched.values()]
  await Promise.all(all().map((service) => service.start()))
  return {
    ready: async () => void (await Promise.all(all().map((service) => service.ready()))),
    pid: (name) => find(name).pid(),
    kill: (name, signal) => find(name).signal(signal),
    halt: (name, signal) => find(name).halt(signal),
    start: (name) => find(name).start(),
    add: async (command) => {
      const service = new Watched(command, options)
      watched.set(command.name, service)
      await service.start()
      await service.ready()
    },
    remove: async (name) => {
      await find(name).halt()
      watched.delete(name)
    },
    stop: async () => void (await Promise.all(all().map((service) => service.halt()))),
  }
}

class Watched {
  readonly #command: Command
  readonly #options: SupervisorOptions
  #running: GuardedProcess | undefined
  /** aborted when the service is to stay down */
  #wanted: AbortController | undefined
  #watching: Promise<void> = Promise.resolve()
  #failedStarts = 0

  constructor(command: Command, options: SupervisorOptions) {
    this.#command = command
    this.#options = options
  }

  pid() {
    return this.#running?.pid
  }

  signal(signal: NodeJS.Signals) {
    if (!this.#running) throw new Error(`${this.#command.name} does not run`)
    sendSignal(this.#running.pid, signal)
  }

  async start(): Promise<void> {
    if (this.#wanted) return
    this.#wanted = new AbortController()
    this.#failedStarts = 0
    rotateLog(this.#command.logFile)
    await this.#launch()
    this.#watching = this.#watch(this.#wanted.signal)
  }

  async halt(signal?: 'SIGKILL'): Promise<void> {
    this.#wanted?.abort()
    this.#wanted = undefined
    const running = this.#running
    const { stopTimeoutMs = 15_000 } = this.#options
    if (running && !(await running.end(signal ? 0 : stopTimeoutMs)) && !signal) {
      this.#options.log(`${this.#command.name} (pid ${running.pid}) did not end within ${stopTimeoutMs / 1000} s: killed`)
    }
    await this.#watching
  }

  async ready(): Promise<void> {
    const { name, readyUrl, logFile } = this.#command
    try {
      await awaitCondition(`${name} is not ready at ${readyUrl}`, () => answersOk(readyUrl), {
        timeoutMs: readyTimeoutMs,
        givenUp: () => (this.#wanted ? undefined : 'it was stopped'),
      })
    } catch (error) {
      throw new Error(`${(error as Error).message}\n  the end of ${logFile}:\n${logTail(logFile)}`)
    }
  }

  async #launch() {
    const { name, args, env, cwd, logFile } = this.#command
    this.#running = await startGuarded({
      name,
      kind: 'service',
      command: this.#options.node ?? process.execPath,
      args,
      env,
      cwd,
      logFile,
    })
    this.#options.onChange?.()
  }

  async #watch(halted: AbortSignal) {
    while (this.#running) {
      const { ended, startedAtMs } = this.#running
      const ending = await ended
      this.#running = undefined
      this.#options.onChange?.()
      if (halted.aborted) return
      let delayMs = this.#delayAfter(ending, performance.now() - startedAtMs)
      while (!this.#running) {
        await delay(delayMs, undefined, { signal: halted }).catch(() => {})
        if (halted.aborted) return
        try {
          await this.#launch()
        } catch (error) {
          this.#options.log((error as Error).message) // the system is out of processes or memory: that may pass
          delayMs = restartDelayMsMax
        }
      }
      // halted while it was being launched: whoever halted it found nothing to end
      const launched = this.#running as GuardedProcess | undefined
      if (halted.aborted) await launched?.end(0)
    }
  }

  /** Says what happened and how long to wait before the next start. */
  #delayAfter(ending: Ending, ranMs: number): number {
    const { log, restartDelayMs = 1_000 } = this.#options
    const { name, logFile } = this.#command
    this.#failedStarts = ranMs < failedStartMs ? this.#failedStarts + 1 : 0
    const excess = this.#failedStarts - failedStartsToReport
    if (excess < 0) {
      log(`${name} ${describeEnding(ending)}, starting again in ${restartDelayMs / 1000} s`)
      return restartDelayMs
    }
    const delayMs = Math.min(restartDelayMs * 2 ** (excess + 1), restartDelayMsMax)
    const lastLine = logTail(logFile, 1).trim() || '(its log is empty)'
    log(
      `${name} ${describeEnding(ending)}, the ${this.#failedStarts}th time in a row within ${failedStartMs / 1000} s of its start; next try in ${delayMs / 1000} s\n  last line of ${logFile}: ${lastLine}`,
    )
    return delayMs
  }
}

const answersOk = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.status === 200
  } catch {
    return false
  }
}
