import { Graph, layout as place } from '@dagrejs/dagre'
import type { FlowEdge, FlowEvent, FlowLive, FlowStart } from '#api'
import { eventLines } from '#page/format.ts'

export interface Box {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}
export interface EventBox extends Box {
  readonly event: FlowEvent
}
export interface StartBox extends Box {
  readonly start: FlowStart
}
export interface Wire {
  readonly id: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
  /** Where its label is. */
  readonly x: number
  readonly y: number
  readonly edge?: FlowEdge
}

export interface Diagram {
  readonly width: number
  readonly height: number
  readonly events: readonly EventBox[]
  readonly starts: readonly StartBox[]
  readonly wires: readonly Wire[]
}

const boxHeight = 64
const letterPx = 7.9
const widthOf = (lines: readonly string[]): number => Math.round(Math.max(...lines.map((l) => l.length)) * letterPx + 28)
const labelWidth = 66
const labelHeight = 36

export const edgeId = ({ service, cause, effect }: Pick<FlowEdge, 'service' | 'cause' | 'effect'>): string =>
  `${service} ${cause} ${effect}`
const startId = ({ command, effect }: Pick<FlowStart, 'command' | 'effect'>): string => `${command} ${effect}`

/** Lays the choreography out; what the counts are does not matter to it. `down` is for narrow windows. */
export const diagram = ({ events, edges, starts }: FlowLive, down: boolean): Diagram => {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({
    rankdir: down ? 'TB' : 'LR',
    nodesep: down ? 14 : 22,
    ranksep: down ? 22 : 16,
    edgesep: 12,
    marginx: 8,
    marginy: 8,
  })
  for (const e of events) graph.setNode(e.type, { width: widthOf(eventLines(e.type)), height: boxHeight })
  for (const s of starts) {
    graph.setNode(startId(s), { width: widthOf(eventLines(s.command)), height: 48 })
    graph.setEdge(startId(s), s.effect, { width: 0, height: 0 }, startId(s))
  }
  for (const e of edges) graph.setEdge(e.cause, e.effect, { width: labelWidth, height: labelHeight, labelpos: 'c' }, edgeId(e))
  place(graph)

  const box = (id: string): Box => {
    const { x, y, width, height } = graph.node(id) as Box
    return { id, x, y, width, height }
  }
  const byEdge = new Map(edges.map((e) => [edgeId(e), e]))
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return {
    width,
    height,
    events: events.map((event) => ({ ...box(event.type), event })),
    starts: starts.map((start) => ({ ...box(startId(start)), start })),
    wires: graph.edges().map((e) => {
      const label = graph.edge(e) as unknown as { points: Wire['points']; x?: number; y?: number }
      const id = String(e.name)
      const edge = byEdge.get(id)
      return { id, points: label.points, x: label.x ?? 0, y: label.y ?? 0, ...(edge ? { edge } : {}) }
    }),
  }
}
