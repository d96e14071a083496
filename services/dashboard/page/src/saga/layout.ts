import { scaleLinear } from 'd3-scale'
import type { Saga, SagaCompensation, SagaDeadLetter, SagaEvent, SagaExpectation } from '#api'

/** An event with its place: `x` by time, its lane by the service that owns it. */
export interface Mark {
  readonly event: SagaEvent
  readonly x: number
  readonly lane: number
  /** Copies of it on its topic, which consumers drop. */
  readonly copies: number
  /** The event that undid it. */
  readonly undoneBy?: SagaEvent
}

/** What the choreography still expects, where it would come. */
export interface Ghost {
  readonly expectation: SagaExpectation
  readonly x: number
  readonly lane: number
  readonly cause: Mark
}

export interface Stop {
  readonly letter: SagaDeadLetter
  readonly x: number
  readonly lane: number
  readonly cause?: Mark
}

/** A step's effect while it stands: from its event to what undid it, or to where the picture ends. */
export interface Hold {
  readonly compensation: SagaCompensation
  readonly step: Mark
  readonly undo?: Mark
  readonly end: number
}

export interface Tick {
  readonly x: number
  readonly atMs: number
  readonly sinceStartMs: number
}

export interface Layout {
  readonly width: number
  readonly lanes: readonly string[]
  readonly marks: readonly Mark[]
  readonly ghosts: readonly Ghost[]
  readonly stops: readonly Stop[]
  readonly holds: readonly Hold[]
  readonly arrows: readonly { readonly from: Mark; readonly to: Mark }[]
  readonly ticks: readonly Tick[]
  /** Where "now" is, of an order that is still open. */
  readonly nowX?: number
}

export interface LayoutOptions {
  readonly lanes: readonly string[]
  /** Room there is, in pixels; the picture may be wider and is scrolled then. */
  readonly width: number
  /** 'steps': events stand apart so that each can be read, longer waits look longer; 'time': true to scale. */
  readonly scale: 'steps' | 'time'
}

const leftPx = 44
const rightPx = 76
const stepPxMin = 100
const ghostPx = 150

/** How much of the spare room a wait deserves: ten times as long is one more, so that minutes do not push all else together. */
const weight = (ms: number): number => Math.log10(1 + Math.max(0, ms) / 20)
/** Room beside {@link stepPxMin} that a wait of 180 ms takes when there is none to spare. */
const waitPxMin = 16

const originals = (saga: Saga): SagaEvent[] =>
  saga.events
    .filter((e) => e.copyOf === undefined)
    .toSorted((a, b) => a.sinceStartMs - b.sinceStartMs || depth(saga, a) - depth(saga, b))

/** Causes come before effects, also when both carry the same millisecond. */
const depth = (saga: Saga, event: SagaEvent): number => {
  let steps = 0
  for (let e: SagaEvent | undefined = event; e?.causationId !== undefined && steps < 50; steps++) {
    const cause: string = e.causationId
    e = saga.events.find((other) => other.id === cause)
  }
  return steps
}

/** Everything of a saga with its place in the picture. */
export const layout = (saga: Saga, { lanes: all, width, scale }: LayoutOptions): Layout => {
  const events = originals(saga)
  const expected = saga.expected.filter((e) => e.mayEmit.length > 0)
  const open = saga.order.endedAt === undefined
  const tail = expected.length > 0 ? ghostPx : 0

  const xs = (scale === 'steps' ? bySteps : byTime)(events, saga.deadLetters, width - leftPx - rightPx - tail)
  const touched = new Set([
    ...events.map((e) => e.service),
    ...expected.map((e) => e.service),
    ...saga.deadLetters.map((d) => d.consumer),
  ])
  const lanes = all.filter((lane, i) => touched.has(lane) || i < 4)
  const laneOf = (service: string) => Math.max(0, lanes.indexOf(service))

  const byId = new Map(events.map((e) => [e.id, e]))
  const copies = Map.groupBy(
    saga.events.filter((e) => e.copyOf !== undefined),
    (e) => e.id,
  )
  const undoneBy = new Map(
    saga.compensations.map((c) => [c.stepId, c.undoneById === undefined ? undefined : byId.get(c.undoneById)]),
  )
  const marks: Mark[] = events.map((event, i) => {
    const undo = undoneBy.get(event.id)
    return {
      event,
      x: leftPx + (xs.events[i] ?? 0),
      lane: laneOf(event.service),
      copies: copies.get(event.id)?.length ?? 0,
      ...(undo ? { undoneBy: undo } : {}),
    }
  })
  const markOf = new Map(marks.map((m) => [m.event.id, m]))
  const lastX = Math.max(leftPx, ...marks.map((m) => m.x), ...xs.letters.map((x) => leftPx + x))
  const end = lastX + (tail > 0 ? tail : 28)

  return {
    width: Math.max(width, end + rightPx),
    lanes,
    marks,
    ghosts: expected.flatMap((expectation) => {
      const cause = markOf.get(expectation.onId)
      return cause ? [{ expectation, cause, x: lastX + ghostPx, lane: laneOf(expectation.service) }] : []
    }),
    stops: saga.deadLetters.map((letter, i) => {
      const cause = letter.eventId === undefined ? undefined : markOf.get(letter.eventId)
      return { letter, x: leftPx + (xs.letters[i] ?? 0), lane: laneOf(letter.consumer), ...(cause ? { cause } : {}) }
    }),
    holds: saga.compensations.flatMap((compensation) => {
      const step = markOf.get(compensation.stepId)
      const undo = compensation.undoneById === undefined ? undefined : markOf.get(compensation.undoneById)
      return step ? [{ compensation, step, end: undo?.x ?? end, ...(undo ? { undo } : {}) }] : []
    }),
    arrows: marks.flatMap((to) => {
      const from = to.event.causationId === undefined ? undefined : markOf.get(to.event.causationId)
      return from ? [{ from, to }] : []
    }),
    ticks: xs.ticks.map((t) => ({ ...t, x: leftPx + t.x })),
    ...(open ? { nowX: lastX + ghostPx / 2 } : {}),
  }
}

interface Places {
  readonly events: readonly number[]
  readonly letters: readonly number[]
  readonly ticks: readonly Tick[]
}

const startOf = (events: readonly SagaEvent[]): number => Date.parse(events[0]?.at ?? '')

/** Each event in a column of its own, in causal order. */
const bySteps = (events: readonly SagaEvent[], letters: readonly SagaDeadLetter[], room: number): Places => {
  const start = startOf(events)
  const columns = [
    ...events.map((e, i) => ({ ms: Date.parse(e.at), event: i, letter: -1 })),
    ...letters.map((l, i) => ({ ms: Date.parse(l.firstAt), event: -1, letter: i })),
  ].toSorted((a, b) => a.ms - b.ms || Number(a.letter >= 0) - Number(b.letter >= 0))
  const weights = columns.map((c, i) => (i === 0 ? 0 : weight(c.ms - (columns[i - 1]?.ms ?? c.ms))))
  const sum = weights.reduce((a, b) => a + b, 0) || 1
  const perWeight = Math.max((room - (columns.length - 1) * stepPxMin) / sum, waitPxMin)
  let x = 0
  const at = weights.map((w, i) => {
    x += i === 0 ? 0 : stepPxMin + Math.min(w * perWeight, room / 2)
    return x
  })
  const place = (which: 'event' | 'letter', n: number) => at[columns.findIndex((c) => c[which] === n)] ?? 0
  return {
    events: events.map((_, i) => place('event', i)),
    letters: letters.map((_, i) => place('letter', i)),
    ticks: columns.map((c, i) => ({ x: at[i] ?? 0, atMs: c.ms, sinceStartMs: c.ms - start })),
  }
}

/** True to scale. */
const byTime = (events: readonly SagaEvent[], letters: readonly SagaDeadLetter[], room: number): Places => {
  const start = startOf(events)
  const times = [...events.map((e) => Date.parse(e.at)), ...letters.map((l) => Date.parse(l.firstAt))]
  const scale = scaleLinear()
    .domain([start, Math.max(...times, start + 1)])
    .range([0, Math.max(room, 320)])
  const ms = scaleLinear()
    .domain(scale.domain().map((t) => t - start))
    .range(scale.range())
  return {
    events: events.map((e) => scale(Date.parse(e.at))),
    letters: letters.map((l) => scale(Date.parse(l.firstAt))),
    ticks: ms.ticks(Math.max(2, Math.floor(room / 130))).map((t) => ({ x: ms(t), atMs: start + t, sinceStartMs: t })),
  }
}
