/** Pure: what a saga's events say, line by line. */
import { choreography, compensations, type Reaction, serviceNames, terminal } from '@shop/choreography'

/** One record of a topic. */
export interface Seen {
  /** Milliseconds since 1970, when its service stored it. */
  readonly atMs: number
  readonly orderId: string
  readonly id: string
  readonly type: string
  readonly causationId?: string | undefined
  /** The service that told it; for a dead letter, the one that could not handle it. */
  readonly service: string
  readonly deadLetter?: { readonly kind: string; readonly error: string } | undefined
  readonly data: Readonly<Record<string, unknown>>
}

export type Tone = 'step' | 'undone' | 'refused' | 'done' | 'trouble' | 'quiet'

export interface Line {
  readonly atMs: number
  /** Since the saga's first event; `undefined` when that has not been seen. */
  readonly elapsedMs: number | undefined
  readonly orderId: string
  readonly service: string
  readonly what: string
  readonly detail: string
  readonly tone: Tone
}

const undoes = new Map<string, string>(compensations.map((c) => [c.undoneBy.name, c.step.name]))
const ends = new Set<string>(terminal.map((e) => e.name))

const toneOf = (type: string): Tone => {
  if (type === 'OrderConfirmed') return 'done'
  if (undoes.has(type)) return 'undone'
  return /Rejected|Declined|Cancelled|CancellationRequested/.test(type) ? 'refused' : 'step'
}

/** The reactions from which somebody has to tell something, once the event is there. */
const answering = (type: string): { service: string; emits: string[] }[] =>
  serviceNames.flatMap((service) =>
    (choreography[service].reactions as readonly Reaction[])
      .filter((r) => r.on.name === type && r.emits.length > 0)
      .map((r) => ({ service, emits: r.emits.map((e) => e.name) })),
  )

/** One order's saga as far as it has been seen. */
export class Saga {
  readonly #events = new Map<string, Seen>()
  #beganAtMs: number | undefined

  get ended(): boolean {
    return [...this.#events.values()].some((e) => ends.has(e.type))
  }

  /** The line for a record that has just been read. */
  see(seen: Seen): Line {
    const { id, type, atMs, orderId, service, causationId, data, deadLetter } = seen
    if (type === 'OrderPlaced') this.#beganAtMs ??= atMs
    const elapsedMs = this.#beganAtMs === undefined ? undefined : atMs - this.#beganAtMs
    const line = { atMs, elapsedMs, orderId, service }
    if (deadLetter)
      return {
        ...line,
        what: `cannot handle ${type}`,
        detail: `dead letter (${deadLetter.kind}): ${deadLetter.error}`,
        tone: 'trouble',
      }
    if (this.#events.has(id)) return { ...line, what: `${type} again`, detail: 'a duplicate, to be dropped', tone: 'quiet' }
    const cause = causationId === undefined ? undefined : (this.#events.get(causationId)?.type ?? 'an event not seen yet')
    this.#events.set(id, seen)
    const undone = undoes.get(type)
    const parts = [
      undone === undefined ? undefined : `undoes ${undone}`,
      cause === undefined ? undefined : `because of ${cause}`,
      typeof data.reason === 'string' ? `reason: ${data.reason}` : undefined,
    ]
    return { ...line, what: type, detail: parts.filter((p) => p !== undefined).join(', '), tone: toneOf(type) }
  }

  /** Who has to tell something before the saga can end, such as `payment: PaymentCaptured or PaymentDeclined`. */
  awaited(): string[] {
    if (this.ended) return []
    const answered = new Set([...this.#events.values()].map((e) => `${e.service} ${e.causationId}`))
    return [...this.#events.values()].flatMap(({ id, type }) =>
      answering(type)
        .filter(({ service }) => !answered.has(`${service} ${id}`))
        .map(({ service, emits }) => `${service}: ${emits.join(' or ')}`),
    )
  }
}
