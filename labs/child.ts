/** A process that an experiment starts, pauses and kills by its id. */
import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

/** Where Node keeps what it made of the sources: a consumer begins in a third of the processor time. */
const compiled = join(import.meta.dirname, '..', '.data', 'compiled')

export interface Child {
  readonly process: ChildProcess
  /** How it ended. Never rejects. */
  readonly ended: Promise<string>
  /** SIGKILL, whatever it does. Resolves when it is gone; never rejects. */
  kill(): Promise<void>
}

/** @param settings become JSON on its command line */
export const startChild = (program: string, settings: object): Child => {
  const child = fork(program, [JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  })
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`))
    child.once('error', (error) => resolve(error.message))
  })
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  return { process: child, ended, kill }
}
