import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { guardAgainstOrphaning, noLongerGuarded } from './orphan-guard.ts'
import { sendSignal } from './process-identity.ts'

export interface ToolOptions {
  timeoutMs: number
  env?: NodeJS.ProcessEnv
  cwd?: string
  uid?: number
  gid?: number
  /** ends it early */
  signal?: AbortSignal | undefined
}

/** A tool that failed; the message holds the last of what it printed. */
export class ToolFailure extends Error {
  override name = 'ToolFailure'
  readonly output: string

  constructor(reason: string, output: string) {
    super(`${reason}${output.trim() && `: ${output.trim().slice(-800)}`}`)
    this.output = output
  }
}

const outputCharsMax = 100_000

/**
 * Runs a program to its end, out of reach of Ctrl-C and gone with us at the latest (a half-done initdb or download must not go on
 * beside the next run's).
 * @throws ToolFailure when it cannot be started, ends with another code than 0, or not in time; the signal's reason when aborted
 */
export const runGuarded = async (
  command: string,
  args: readonly string[],
  { timeoutMs, signal, ...options }: ToolOptions,
): Promise<string> => {
  signal?.throwIfAborted()
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const { pid } = child
  if (pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error]
    throw new ToolFailure(`${command} cannot be started: ${error.message}`, '')
  }
  guardAgainstOrphaning({ kind: 'service', pid, endSignal: 'SIGTERM' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputCharsMax)
    })
  }
  const kill = () => sendSignal(pid, 'SIGKILL')
  const timer = setTimeout(kill, timeoutMs)
  signal?.addEventListener('abort', kill, { once: true })
  const startedAtMs = performance.now()
  const [code] = await once(child, 'close')
  clearTimeout(timer)
  signal?.removeEventListener('abort', kill)
  noLongerGuarded(pid)
  signal?.throwIfAborted()
  if (code === 0) return output
  const late = performance.now() - startedAtMs >= timeoutMs
  throw new ToolFailure(late ? `${command} took more than ${timeoutMs / 1000} s` : `${command} failed (exit ${code})`, output)
}
