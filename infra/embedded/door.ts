import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DoorAction, type DoorState, doorActions } from '@shop/tools/running-shop'
import { z } from 'zod'
import type { Backend } from './backend.ts'
import { loopback } from './ports.ts'
import type { Replicas } from './replicas.ts'
import type { Supervisor } from './supervisor.ts'

const request = z.strictObject({
  action: z.enum(doorActions),
  name: z.string(),
  /** until it is undone; for what can be undone */
  forMs: z.int().min(1).max(3_600_000).optional(),
  /** of scale: how many processes, the first one counted */
  to: z.int().min(1).max(5).optional(),
})
type Request = z.output<typeof request>

export interface DoorOptions {
  readonly token: string
  readonly services: Supervisor
  readonly replicas: Replicas
  /** by name: kafka, postgres, mongo */
  readonly backends: Readonly<Record<string, Backend>>
  readonly state: () => Omit<DoorState, 'pending' | 'backends'>
}

const bodyBytesMax = 10_000
/** What undoes what. */
const oppositeOf: Partial<Record<DoorAction, DoorAction>> = { pause: 'resume', stop: 'start', kill: 'start', scale: 'scale' }

/** Where fault scripts reach the process that runs the shop: on the loopback, for those who have the token. */
export class Door {
  readonly #options: DoorOptions
  readonly #pending = new Map<string, { action: DoorAction; name: string; at: string; timer: NodeJS.Timeout }>()
  #server: Server | undefined

  constructor(options: DoorOptions) {
    this.#options = options
  }

  async open(): Promise<string> {
    this.#server = createServer((req, res) => {
      const answer = (status: number, body: unknown) =>
        void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      if (req.headers.authorization !== `Bearer ${this.#options.token}`)
        return answer(401, { detail: 'send the header Authorization: Bearer <token>' })
      if (req.method === 'GET') return answer(200, this.state())
      this.#act(req).then(
        () => answer(200, this.state()),
        (error: Error) => answer(400, { detail: error.message }),
      )
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen(0, loopback, resolve)
    await promise
    return `http://${loopback}:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer)
    this.#pending.clear()
    this.#server?.close()
    this.#server?.closeAllConnections()
  }

  state(): DoorState {
    const pending = [...this.#pending.values()].map(({ action, name, at }) => ({ action, name, at }))
    return { ...this.#options.state(), backends: Object.keys(this.#options.backends), pending }
  }

  async #act(req: IncomingMessage): Promise<void> {
    let text = ''
    for await (const chunk of req) {
      text += chunk
      if (text.length > bodyBytesMax) throw new Error('the body is too large')
    }
    const { success, data: asked, error } = request.safeParse(JSON.parse(text))
    if (!success) throw new Error(z.prettifyError(error))
    await this.#perform(asked)
    const undo = oppositeOf[asked.action]
    clearTimeout(this.#pending.get(keyOf(asked))?.timer)
    this.#pending.delete(keyOf(asked))
    if (undo && asked.forMs !== undefined) this.#undoLater(undo, asked.name, asked.forMs)
  }

  #undoLater(action: DoorAction, name: string, forMs: number): void {
    const key = keyOf({ action, name })
    const undo = () => {
      this.#pending.delete(key)
      // gone meanwhile, or the shop is stopping: nothing to undo
      this.#perform({ action, name, to: 1 }).catch(() => {})
    }
    const timer = setTimeout(undo, forMs).unref()
    this.#pending.set(key, { action, name, at: new Date(Date.now() + forMs).toISOString(), timer })
  }

  async #perform({ action, name, to, forMs }: Request): Promise<void> {
    const { services, backends, replicas } = this.#options
    const backend = backends[name]
    if (action === 'scale') return replicas.scale(name, to ?? 2)
    if (backend) return actOnBackend(backend, action, forMs)
    if (action === 'kill') return forMs === undefined ? services.kill(name, 'SIGKILL') : services.halt(name, 'SIGKILL')
    if (action === 'pause') return services.kill(name, 'SIGSTOP')
    if (action === 'resume') return services.kill(name, 'SIGCONT')
    if (action === 'stop') return services.halt(name)
    if (action === 'restart') await services.halt(name)
    await services.start(name)
  }
}

/** What one undoing replaces another: a service may be paused while it is scaled. */
const keyOf = ({ action, name }: Pick<Request, 'action' | 'name'>) => (action === 'scale' ? `scale ${name}` : name)

const actOnBackend = async (backend: Backend, action: DoorAction, forMs: number | undefined): Promise<void> => {
  if (action === 'pause') return backend.pause()
  if (action === 'resume') return backend.resume()
  if (action === 'kill') await backend.kill()
  if (action === 'stop' || action === 'restart') await backend.stop()
  // a kill without a time is a crash: what runs the shop starts it again
  if (action === 'start' || action === 'restart' || (action === 'kill' && forMs === undefined)) await backend.start()
}
