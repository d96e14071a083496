import { readFileSync } from 'node:fs'
import { Problem } from '@shop/service-host'
import type { ProcessesView, ProcessRequest } from './api.ts'
import { type Answer, detailOf, Upstream } from './upstream.ts'

/** What the process that runs the shop tells of itself. */
interface DoorState {
  readonly services: Readonly<Record<string, { readonly pid?: number }>>
  readonly backends: readonly string[]
  readonly pending: ProcessesView['pending']
}

const actions = ['kill', 'pause', 'resume', 'restart', 'stop', 'start', 'scale'] as const
/** A backend stops in order before the answer comes. */
const actMsMax = 30_000

/**
 * The shop's processes, through the door of the process that runs them. Where that door is stands in its record, and is read anew
 * each time: another start has another door.
 */
export class Processes {
  readonly #recordFile: string | undefined
  readonly #token: string | undefined

  /** @param recordFile run.json of `npm start`; absent elsewhere. */
  constructor(recordFile: string | undefined, token: string | undefined) {
    this.#recordFile = recordFile
    this.#token = token
  }

  async view(): Promise<ProcessesView> {
    const door = this.#door()
    if (door === undefined) {
      const how =
        'processes are killed and paused from a terminal, as in docker compose kill payment, docker compose start payment'
      return { available: false, how, actions, processes: [], pending: [] }
    }
    return viewOf(await ask(door, this.#token))
  }

  /** @throws Problem 409 where there is no door, 400 with the reason for what cannot be done. */
  async act(request: ProcessRequest): Promise<ProcessesView> {
    const door = this.#door()
    if (door === undefined) throw new Problem(409, 'there are no processes to act on from here')
    return viewOf(await ask(door, this.#token, request))
  }

  #door(): string | undefined {
    if (this.#recordFile === undefined) return undefined
    try {
      return (JSON.parse(readFileSync(this.#recordFile, 'utf8')) as { doorUrl?: string }).doorUrl
    } catch {
      return undefined // not written yet: the shop is starting
    }
  }
}

const ask = async (door: string, token: string | undefined, body?: ProcessRequest): Promise<DoorState> => {
  const headers = { authorization: `Bearer ${token}` }
  const upstream = new Upstream(new Map([['door', door]]))
  const call = body === undefined ? { headers } : { headers, method: 'POST' as const, body, timeoutMs: actMsMax }
  const { status, text }: Answer = await upstream.call('door', '/', call)
  if (status !== 200) throw new Problem(status === 400 ? 400 : 502, detailOf(text))
  return JSON.parse(text) as DoorState
}

const viewOf = ({ services, backends, pending }: DoorState): ProcessesView => ({
  available: true,
  actions,
  processes: [
    ...Object.entries(services).map(([name, { pid }]) => ({
      name,
      kind: 'service' as const,
      ...(pid === undefined ? {} : { pid }),
    })),
    ...backends.map((name) => ({ name, kind: 'backend' as const })),
  ],
  pending,
})
