import type { ServiceApp } from './app.ts'
import { ConfigurationError } from './config.ts'
import { messageOf } from './errors.ts'
import { createLog, type Log } from './log.ts'
import { drain, listen, urlOf } from './server.ts'

export interface StopStep {
  name: string
  stop(): Promise<unknown>
}

export interface HostOptions {
  name: string
  log: Log
  app: ServiceApp
  /** 0 lets the system choose. */
  port: number
  /** Address to listen on. Default `127.0.0.1`. */
  hostname?: string
  /** Stopped one after the other once HTTP is: what takes in work first, what it needs last (consumer, relay, producer, database). */
  onStop: readonly StopStep[]
  /** Bound on the whole stop; past it the process exits with 1. Default 15,000 ms. */
  stopTimeoutMs?: number
}

export interface Hosted {
  /** Where the service is reached, as `http://127.0.0.1:3001`. */
  readonly url: string
}

type Stop = (reason: string, exitCode: number) => void

/** A signal that comes again this soon is the same Ctrl-C, sent to us by the terminal, by npm and by the supervisor. */
const sameSignalMs = 300

// One process hosts one service, as it has one standard output and one set of signal handlers.
let serviceName = 'service'
let log: Log | undefined
let stop: Stop | undefined

/**
 * Runs a service's `main`. When it rejects, prints one line of level fatal that says why and exits with 1. An uncaught exception or
 * unhandled rejection, at any time, does the same: after it nothing in memory can be trusted, and what counts is in the database.
 */
export const runService = async (name: string, main: () => Promise<unknown>): Promise<void> => {
  serviceName = name
  process.on('uncaughtException', (error) => die(error, `${name} stops at once: uncaught ${messageOf(error)}`))
  process.on('unhandledRejection', (error) => die(error, `${name} stops at once: unhandled rejection: ${messageOf(error)}`))
  // Also until `host` takes over: process 1 of a container ignores signals that it has no handler for.
  onSignals()
  try {
    await main()
  } catch (error) {
    die(error, `${name} did not start: ${messageOf(error)}`)
  }
}

/**
 * Ends the process because a part of it cannot go on, such as a consumer that crashed for good: a fatal line, the ordered stop when
 * `host` is under way, exit code 1. The supervisor starts the service again.
 */
export const fail = (error: unknown): void => {
  const message = `${serviceName} cannot go on: ${messageOf(error)}`
  if (!stop) die(error, message)
  fatalLog().fatal({ err: error }, message)
  stop('failure', 1)
}

/**
 * Listens, and from then on answers SIGTERM, SIGINT and the loss of a parent that forked us with the ordered stop: not ready, no new
 * requests, those in flight finished, then `onStop` in order; exit code 0, or 1 when a step failed or the time ran out. A step that
 * rejects does not keep the later ones from running. The same signal once more exits at once.
 *
 * @throws ConfigurationError when the address cannot be listened on.
 */
export const host = async (options: HostOptions): Promise<Hosted> => {
  const { name, app, port, hostname = '127.0.0.1', stopTimeoutMs = 15_000 } = options
  if (stop) throw new Error('this process hosts a service already')
  const server = await listen(app.express, port, hostname)
  const http: StopStep = {
    name: 'http',
    async stop() {
      app.beginStop()
      // A third of the time, so that one slow client cannot cost the consumer its orderly end.
      const cut = await drain(server, stopTimeoutMs / 3)
      if (cut > 0) options.log.warn({ connections: cut }, 'connections were cut: their requests took too long')
    },
  }
  log = options.log
  stop = orderedStop({ ...options, stopTimeoutMs, onStop: [http, ...options.onStop] })
  onSignals()
  process.once('disconnect', () => stop?.('parent process gone', 0))
  const url = urlOf(server)
  log.info({ url }, `${name} listens on ${url}`)
  return { url }
}

const orderedStop = ({ name, log, onStop, stopTimeoutMs }: HostOptions & { stopTimeoutMs: number }): Stop => {
  let exitCode: number | undefined
  const run = async (reason: string): Promise<void> => {
    const startedAt = performance.now()
    let current = ''
    setTimeout(() => {
      log.fatal({ step: current }, `${name} did not stop within ${stopTimeoutMs / 1_000} s: ${current} hung`)
      process.exit(1)
    }, stopTimeoutMs)
    log.info({ reason }, `${name} stops: ${reason}`)
    for (const step of onStop) {
      current = step.name
      try {
        await step.stop()
        log.info({ step: current }, `${current} stopped`)
      } catch (error) {
        exitCode = 1
        log.error({ step: current, err: error }, `${current} did not stop in order: ${messageOf(error)}`)
      }
    }
    log.info({ seconds: (performance.now() - startedAt) / 1_000 }, `${name} stopped`)
    process.exit(exitCode)
  }

  return (reason, code) => {
    const first = exitCode === undefined
    exitCode = Math.max(exitCode ?? 0, code)
    if (first) void run(reason)
  }
}

const signalledAtMs = new Map<NodeJS.Signals, number>()

const onSignals = (): void => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    if (!process.listeners(signal).includes(onSignal)) process.on(signal, onSignal)
  }
}

const onSignal = (signal: NodeJS.Signals): void => {
  // Nothing is taken in before `host`, so there is nothing to finish.
  if (!stop) process.exit(signal === 'SIGINT' ? 130 : 143)
  const firstAtMs = signalledAtMs.get(signal)
  if (firstAtMs === undefined) {
    signalledAtMs.set(signal, performance.now())
    stop(signal, 0)
  } else if (performance.now() - firstAtMs > sameSignalMs) {
    fatalLog().fatal({ signal }, `${serviceName} exits at once: second ${signal}`)
    process.exit(1)
  }
}

const die: (error: unknown, message: string) => never = (error, message) => {
  // For a setting the message says it all; a stack would only make the one line hard to read.
  fatalLog().fatal(error instanceof ConfigurationError ? {} : { err: error }, message)
  process.exit(1)
}

const fatalLog = (): Log => log ?? createLog({ service: serviceName, level: 'fatal' })
