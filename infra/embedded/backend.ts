import { setTimeout as delay } from 'node:timers/promises'
import {
  awaitCondition,
  describeEnding,
  type Ending,
  type GuardedProcess,
  logTail,
  type ProcessSpec,
  rotateLog,
  startGuarded,
} from './guarded-process.ts'
import { descendants, sendSignal } from './process-identity.ts'

/** One database server or broker, as tests and fault scripts handle it. */
export interface Backend {
  readonly name: string
  /** @throws when it does not run */
  pid(): number
  /** Resolves when it serves requests again; does nothing when it runs. @throws with the tail of its log when it does not in time */
  start(): Promise<void>
  /** Ends it in order. Resolves when it is gone; does nothing when it does not run. */
  stop(): Promise<void>
  /** SIGKILL to it and all its processes. Resolves when they are gone. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void
  /** SIGCONT */
  resume(): void
}

export interface BackendDefinition {
  name: string
  port: number
  /** brings the folder into a state to start from: first initialisation, what a killed run left behind */
  prepare(): Promise<ProcessSpec>
  /** true when it serves requests */
  isReady(): Promise<boolean>
  /** a start that failed and may work a moment later: the reason, read in the log */
  retryWhen?: RegExp
  startTimeoutMs: number
  stopTimeoutMs: number
  /** ends what is there for it alone; called when stop() or kill() has ended it. Never rejects */
  afterEnd?(): Promise<void>
}

export class EmbeddedBackend implements Backend {
  readonly name: string
  readonly port: number
  /** where its output goes; known after the first start */
  logFile = ''
  /** told when it ended although nobody called stop() or kill() */
  onCrash: ((ending: Ending) => void) | undefined
  /** told whenever its process began or ended */
  onChange: (() => void) | undefined
  readonly #definition: BackendDefinition
  /** set while it serves requests and nobody is ending it */
  #running: GuardedProcess | undefined
  /** the latest process, ready or not */
  #process: GuardedProcess | undefined
  #changing: Promise<void> = Promise.resolve()
  #stopped = new AbortController()

  constructor(definition: BackendDefinition) {
    this.#definition = definition
    this.name = definition.name
    this.port = definition.port
  }

  pid(): number {
    return this.#required().pid
  }

  /** Also while it is starting and pid() throws; undefined when there is no process. */
  processId(): number | undefined {
    return this.#process?.ending() ? undefined : this.#process?.pid
  }

  start(): Promise<void> {
    this.#stopped = new AbortController()
    return this.#inTurn(async () => {
      if (!this.#running) await this.#startUntilReady()
    })
  }

  /** As start(), some time later; false when stop() or kill() came in between. */
  async startAfter(delayMs: number): Promise<boolean> {
    const { signal } = this.#stopped
    await delay(delayMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) return false
    await this.start()
    return true
  }

  stop(): Promise<void> {
    this.#stopped.abort()
    return this.#inTurn(async () => {
      const running = this.#running
      if (!running) return
      this.#running = undefined
      for (const pid of descendants(running.pid)) sendSignal(pid, 'SIGCONT')
      await running.end(this.#definition.stopTimeoutMs)
      await this.#definition.afterEnd?.()
      this.onChange?.()
    })
  }

  kill(): Promise<void> {
    this.#stopped.abort()
    return this.#inTurn(async () => {
      const running = this.#running
      if (!running) return
      this.#running = undefined
      const all = [running.pid, ...descendants(running.pid)]
      for (const pid of all) sendSignal(pid, 'SIGKILL')
      await running.end(0)
      await this.#definition.afterEnd?.()
      this.onChange?.()
    })
  }

  pause(): void {
    const { pid } = this.#required()
    for (const each of [pid, ...descendants(pid)]) sendSignal(each, 'SIGSTOP')
  }

  resume(): void {
    const { pid } = this.#required()
    for (const each of [...descendants(pid), pid]) sendSignal(each, 'SIGCONT')
  }

  /** One change at a time: a stop() during a start() waits for it. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#changing.then(change)
    this.#changing = turn.catch(() => {})
    return turn
  }

  async #startUntilReady() {
    const { name, retryWhen, startTimeoutMs } = this.#definition
    const giveUpAtMs = performance.now() + startTimeoutMs
    const spec = await this.#definition.prepare()
    this.logFile = spec.logFile
    rotateLog(spec.logFile)
    while (true) {
      const child = await startGuarded(spec)
      this.#process = child
      this.onChange?.()
      try {
        await awaitCondition(`${name} does not start`, () => this.#definition.isReady(), {
          timeoutMs: Math.max(0, giveUpAtMs - performance.now()),
          givenUp: () => child.ending() && `it ${describeEnding(child.ending() as Ending)}`,
        })
        this.#running = child
        void child.ended.then((ending) => this.#noticeCrash(child, ending))
        return
      } catch (error) {
        await child.end(0)
        await this.#definition.afterEnd?.()
        this.onChange?.()
        const tail = logTail(spec.logFile)
        if (retryWhen?.test(tail) && performance.now() < giveUpAtMs) continue
        throw new Error(`${(error as Error).message}\n  the end of ${spec.logFile}:\n${tail}`)
      }
    }
  }

  #noticeCrash(child: GuardedProcess, ending: Ending) {
    if (this.#running !== child) return // stopped or killed by us
    this.#running = undefined
    this.onChange?.()
    this.onCrash?.(ending)
  }

  #required(): GuardedProcess {
    if (!this.#running) throw new Error(`${this.name} does not run`)
    return this.#running
  }
}

/** Stands for a server that the environment gave us an address of: it is neither ours to start nor to break. */
export const externalBackend = (name: string, address: string): Backend => {
  const refuse = (): never => {
    throw new Error(`${name} at ${address} was given by the environment: it is not ours to handle`)
  }
  return {
    name,
    pid: refuse,
    start: async () => {},
    stop: async () => {},
    kill: async () => refuse(),
    pause: refuse,
    resume: refuse,
  }
}
