import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type GuardedKind, guardAgainstOrphaning, noLongerGuarded } from './orphan-guard.ts'
import { sendSignal } from './process-identity.ts'

export interface ProcessSpec {
  /** as the console and errors call it */
  name: string
  kind: GuardedKind
  command: string
  args: readonly string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
  /** stdout and stderr are appended here, straight from the child, so nothing is lost when we are killed */
  logFile: string
  /** what asks it to end in order; default SIGTERM */
  endSignal?: 'SIGTERM' | 'SIGINT'
}

export interface Ending {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface GuardedProcess {
  readonly pid: number
  readonly startedAtMs: number
  /** resolves when the process has ended; never rejects */
  readonly ended: Promise<Ending>
  readonly ending: () => Ending | undefined
  /**
   * Sends the end signal, waits, then kills. Resolves once it has ended: true when it went by itself.
   * @throws when it is still there 5 s after SIGKILL
   */
  end(timeoutMs: number): Promise<boolean>
}

/**
 * Starts a process in a session of its own (Ctrl-C does not reach it) that ends with us at the latest.
 * @throws when the program cannot be started at all
 */
export const startGuarded = async (spec: ProcessSpec): Promise<GuardedProcess> => {
  mkdirSync(dirname(spec.logFile), { recursive: true })
  const log = openSync(spec.logFile, 'a')
  const identity = spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid ?? spec.uid }
  const child = spawn(spec.command, spec.args, {
    ...(spec.cwd && { cwd: spec.cwd }),
    ...(spec.env && { env: spec.env }),
    ...identity,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const { pid } = child
  if (pid === undefined) {
    const [error] = await once(child, 'error')
    throw new Error(`${spec.name} cannot be started: ${(error as Error).message}`)
  }
  const endSignal = spec.endSignal ?? 'SIGTERM'
  guardAgainstOrphaning({ kind: spec.kind, pid, endSignal })
  let ending: Ending | undefined
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => {
      noLongerGuarded(pid)
      ending = { code, signal }
      resolve(ending)
    })
  })
  const signal = (name: NodeJS.Signals) => ending === undefined && sendSignal(pid, name)
  return {
    pid,
    startedAtMs: performance.now(),
    ended,
    ending: () => ending,
    async end(timeoutMs) {
      signal('SIGCONT') // a paused process would not notice that it should end
      signal(endSignal)
      if (await within(ended, timeoutMs)) return true
      signal('SIGKILL')
      if (!(await within(ended, 5_000))) throw new Error(`${spec.name} (pid ${pid}) is still there 5 s after SIGKILL`)
      return false
    },
  }
}

/** 'ended by SIGKILL' or 'ended with exit code 1' */
export const describeEnding = ({ code, signal }: Ending) => (signal ? `ended by ${signal}` : `ended with exit code ${code}`)

/** Keeps the former run's log as `<file>.1`, so that logs stay bounded by two runs. */
export const rotateLog = (file: string): void => {
  if (existsSync(file)) renameSync(file, `${file}.1`)
}

/** The last lines of a log file, each indented; '' when there is none. */
export const logTail = (file: string, lines = 12): string => {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : ''
  return text === ''
    ? ''
    : text
        .split('\n')
        .slice(-lines)
        .map((line) => `    ${line.slice(0, 300)}`)
        .join('\n')
}

/** True when the promise settled in time, false when not; the promise itself goes on. */
export const within = async (promise: Promise<unknown>, timeoutMs: number): Promise<boolean> => {
  const bound = new AbortController()
  try {
    const settled = promise.then(() => true)
    return await Promise.race([settled, delay(timeoutMs, false, { signal: bound.signal })])
  } finally {
    bound.abort()
  }
}

/**
 * Asks `condition` every `intervalMs` (default 50) until it holds.
 * @throws when it does not hold within `timeoutMs`, or as soon as `givenUp` returns a reason; the message starts with `what`
 */
export const awaitCondition = async (
  what: string,
  condition: () => Promise<boolean> | boolean,
  { timeoutMs, intervalMs = 50, givenUp }: { timeoutMs: number; intervalMs?: number; givenUp?: () => string | undefined },
): Promise<void> => {
  const giveUpAtMs = performance.now() + timeoutMs
  while (!(await condition())) {
    const reason = givenUp?.() ?? (performance.now() > giveUpAtMs ? `not within ${Math.round(timeoutMs / 1000)} s` : undefined)
    if (reason) throw new Error(`${what}: ${reason}`)
    await delay(intervalMs)
  }
}
