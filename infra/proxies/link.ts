import net from 'node:net'
import type { ActiveToxic, Toxic } from '@shop/tools/running-shop'
import { Lane } from './lane.ts'

export interface LinkOptions {
  /** Such as `payment-kafka`. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly toHost: string
  readonly toPort: number
}

const closeMsMax = 2_000

/** A TCP proxy between two parties, whose connections can be made to suffer. */
export class Link {
  readonly name: string
  readonly #options: LinkOptions
  readonly #server: net.Server
  readonly #connections = new Set<Connection>()
  #active: readonly (ActiveToxic & { readonly timer: NodeJS.Timeout })[] = []
  #number = 0

  private constructor(options: LinkOptions) {
    this.name = options.name
    this.#options = options
    // allowHalfOpen: what ends one stream must not end the other, that is for the parties to do
    this.#server = net.createServer({ noDelay: true, allowHalfOpen: true }, (near) => this.#connect(near))
  }

  /** @throws when the port is taken. */
  static async open(options: LinkOptions): Promise<Link> {
    const link = new Link(options)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    link.#server.once('error', reject)
    link.#server.listen(options.port, options.host, resolve)
    await promise
    return link
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  get connections(): number {
    return this.#connections.size
  }

  toxics(): readonly ActiveToxic[] {
    return this.#active.map(({ id, toxic, endsAt }) => ({ id, toxic, endsAt }))
  }

  /** Switches a toxic on, also for the connections that there are. It ends by itself after `forMs`. */
  add(toxic: Toxic, forMs: number): ActiveToxic {
    const id = String(++this.#number)
    const endsAt = new Date(Date.now() + forMs).toISOString()
    const timer = setTimeout(() => this.remove(id), forMs).unref()
    this.#active = [...this.#active, { id, toxic, endsAt, timer }]
    for (const connection of this.#connections) connection.suffer(toxic)
    return { id, toxic, endsAt }
  }

  /** @returns false when there is no such toxic. */
  remove(id: string): boolean {
    const found = this.#active.find((a) => a.id === id)
    if (found === undefined) return false
    clearTimeout(found.timer)
    this.#active = this.#active.filter((a) => a !== found)
    // what did not get through for a while is lost: going on would be another stream of bytes than the one that was sent
    for (const connection of this.#connections) connection.recover(found.toxic)
    return true
  }

  async close(): Promise<void> {
    for (const { timer } of this.#active) clearTimeout(timer)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    for (const connection of this.#connections) connection.close()
    const bound = setTimeout(resolve, closeMsMax)
    await promise
    clearTimeout(bound)
  }

  #connect(near: net.Socket): void {
    const toxics = () => this.#active.map((a) => a.toxic)
    if (toxics().some((t) => t.kind === 'down')) return void near.resetAndDestroy()
    const far = net.connect({ host: this.#options.toHost, port: this.#options.toPort, noDelay: true, allowHalfOpen: true })
    const connection = new Connection(near, far, toxics, () => this.#connections.delete(connection))
    this.#connections.add(connection)
    for (const toxic of toxics()) connection.suffer(toxic)
  }
}

/** The two sockets that belong together, and their two lanes. */
class Connection {
  readonly #near: net.Socket
  readonly #far: net.Socket
  readonly #lanes: readonly Lane[]
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #onClosed: () => void

  constructor(near: net.Socket, far: net.Socket, toxics: () => readonly Toxic[], onClosed: () => void) {
    this.#near = near
    this.#far = far
    this.#onClosed = onClosed
    const close = () => this.close()
    this.#lanes = [
      new Lane({ from: near, to: far, way: 'upstream', toxics, close }),
      new Lane({ from: far, to: near, way: 'downstream', toxics, close }),
    ]
    for (const socket of [near, far]) {
      socket.on('error', () => {}) // 'close' follows
      socket.on('close', (hadError) => (hadError ? this.reset() : this.#closedOne()))
    }
  }

  suffer(toxic: Toxic): void {
    if (toxic.kind === 'down') this.reset()
    if (toxic.kind === 'reset_peer') this.#after(toxic.ms, () => this.reset())
    if (toxic.kind === 'timeout' && toxic.ms > 0) this.#after(toxic.ms, () => this.close())
    for (const lane of this.#lanes) lane.wake()
  }

  recover(toxic: Toxic): void {
    if (toxic.kind === 'timeout' || toxic.kind === 'half_close') this.close()
  }

  /** FIN to both. */
  close(): void {
    this.#end()
    for (const socket of [this.#near, this.#far]) socket.destroySoon()
  }

  /** RST to both. */
  reset(): void {
    this.#end()
    for (const socket of [this.#near, this.#far]) socket.resetAndDestroy()
  }

  /** One side has gone in order: the other one is told by its lane; both gone, nothing is left. */
  #closedOne(): void {
    if (this.#near.destroyed && this.#far.destroyed) this.#end()
  }

  #after(ms: number, act: () => void): void {
    this.#timers.add(setTimeout(act, ms).unref())
  }

  #end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const lane of this.#lanes) lane.end()
    this.#onClosed()
  }
}
