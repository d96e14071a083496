import type { Log } from '@shop/service-host'
import type { Pulse, TopicState } from './api.ts'
import { type FlowParts, flowLive } from './flow.ts'
import type { KafkaWatch } from './kafka-watch.ts'
import type { ServicesWatch } from './services-watch.ts'

const watchedEveryMs = 2_000
const unwatchedEveryMs = 10_000

export interface MonitorOptions {
  readonly kafka: KafkaWatch
  readonly services: ServicesWatch
  readonly figure: FlowParts['figure']
  /** Why the dashboard's own projection does not go on; undefined as long as it does. */
  readonly standstill: () => string | undefined
  readonly rest: () => Pick<Pulse, 'rates' | 'burst'>
  /** Called before the broker is asked; what it returns is called with what the broker said. */
  readonly check: () => (topics: readonly TopicState[]) => void
  /** How many pages look on. */
  readonly readers: () => number
  readonly send: (pulse: Pulse) => void
  readonly log: Log
}

/** Asks services and broker every 2 s while somebody looks on, else every 10 s, and tells the pages. */
export class Monitor {
  readonly #options: MonitorOptions
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #asking = false
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(options: MonitorOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), watchedEveryMs)
    void this.#tick()
  }

  parts(): FlowParts {
    const { kafka, services, figure, standstill } = this.#options
    return { figure, kafka: kafka.state, services: services.states(), standstill: standstill() }
  }

  pulse(): Pulse {
    return { at: new Date().toISOString(), flow: flowLive(this.parts()), ...this.#options.rest() }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
    await this.#options.kafka.close()
  }

  #tick(): void {
    const { readers, log } = this.#options
    const everyMs = readers() > 0 ? watchedEveryMs : unwatchedEveryMs
    if (this.#asking || performance.now() - this.#askedAt < everyMs - watchedEveryMs / 2) return
    this.#asking = true
    this.#askedAt = performance.now()
    this.#round = this.#ask()
      .catch((err) => log.warn({ err }, 'the shop could not be asked'))
      .finally(() => {
        this.#asking = false
      })
  }

  async #ask(): Promise<void> {
    const { kafka, services, check, readers, send } = this.#options
    const checkTopics = check()
    await Promise.all([kafka.read(), services.read()])
    if (kafka.state.error === undefined) checkTopics(kafka.state.topics)
    if (readers() > 0) send(this.pulse())
  }
}
