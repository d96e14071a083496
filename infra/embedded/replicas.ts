import { freePorts, loopback } from './ports.ts'
import type { Command, Supervisor } from './supervisor.ts'

/** Further processes of a service, each on a free port: `payment-2`, `payment-3`. */
export class Replicas {
  readonly #supervisor: Supervisor
  readonly #commandOf: (service: string) => Command
  readonly #running = new Map<string, { service: string; url: string }>()

  /** @param commandOf how the service's first process is started. @throws for a name that is none */
  constructor(supervisor: Supervisor, commandOf: (service: string) => Command) {
    this.#supervisor = supervisor
    this.#commandOf = commandOf
  }

  /** By name. */
  get urls(): ReadonlyMap<string, { readonly service: string; readonly url: string }> {
    return this.#running
  }

  /** Starts or ends processes until there are `to` of the service. Resolves when new ones are ready. */
  async scale(service: string, to: number): Promise<void> {
    const first = this.#commandOf(service)
    for (let i = to + 1; this.#running.has(`${service}-${i}`); i++) {
      await this.#supervisor.remove(`${service}-${i}`)
      this.#running.delete(`${service}-${i}`)
    }
    for (let i = 2; i <= to; i++) {
      const name = `${service}-${i}`
      if (this.#running.has(name)) continue
      const [port] = await freePorts(1)
      const url = `http://${loopback}:${port}`
      const logFile = first.logFile.replace(/\.log$/, `-${i}.log`)
      this.#running.set(name, { service, url })
      await this.#supervisor.add({
        ...first,
        name,
        env: { ...first.env, PORT: String(port) },
        readyUrl: `${url}/readyz`,
        logFile,
      })
    }
  }
}
