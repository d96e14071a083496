import { spawn } from 'node:child_process'
import type { CheckView, Invariant } from './api.ts'

const runMsMax = 180_000
const outputBytesMax = 4 * 1_024 ** 2
const violationsMax = 10
const pauseMs = 5_000

/** As `npm run check -- --json` prints it. */
interface Report {
  readonly holds: boolean
  readonly notAtRest: readonly string[]
  readonly invariants: readonly Invariant[]
}

/**
 * Runs the shop's check as a process of its own, since it reads all databases, which are not the dashboard's. One at a time, each bounded
 * in time and output.
 */
export class CheckRuns {
  readonly #command: readonly string[] | undefined
  #running = false
  #endedAt = Number.NEGATIVE_INFINITY
  #last: CheckView['last']

  /** @param command program and arguments that print the report as JSON; absent: the databases cannot be reached from here. */
  constructor(command: readonly string[] | undefined) {
    this.#command = command
  }

  view(): CheckView {
    const available = this.#command !== undefined
    const command = available ? 'npm run check -- --wait 30' : 'docker compose run --rm check node tools/check/main.ts --wait 30'
    return { available, command, running: this.#running, ...(this.#last && { last: this.#last }) }
  }

  /** @returns false while one runs, or so shortly after the last one. */
  start(waitSeconds: number): boolean {
    if (this.#command === undefined || this.#running || performance.now() - this.#endedAt < pauseMs) return false
    this.#running = true
    const at = new Date().toISOString()
    const beganAt = performance.now()
    void this.#run(this.#command, waitSeconds).then((outcome) => {
      this.#last = { at, tookMs: Math.round(performance.now() - beganAt), ...outcome }
      this.#running = false
      this.#endedAt = performance.now()
    })
    return true
  }

  #run(
    [program = '', ...args]: readonly string[],
    waitSeconds: number,
  ): Promise<Omit<NonNullable<CheckView['last']>, 'at' | 'tookMs'>> {
    const child = spawn(program, [...args, '--wait', String(waitSeconds)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: runMsMax,
    })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.length > outputBytesMax) child.kill()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = `${err}${text}`.slice(-2_000)
    })
    const failed = (error: string) => ({ error, notAtRest: [], invariants: [] })
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(failed(error.message)))
      child.once('close', () => {
        try {
          const { holds, notAtRest, invariants } = JSON.parse(out) as Report
          const bounded = invariants.map((i) => ({ ...i, violations: i.violations.slice(0, violationsMax) }))
          resolve({ holds, notAtRest, invariants: bounded })
        } catch {
          resolve(failed(err.trim().split('\n').at(-1) || 'the check ended without a result'))
        }
      })
    })
  }
}
