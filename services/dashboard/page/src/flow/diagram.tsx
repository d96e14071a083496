import { curveBasis, line } from 'd3-shape'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { FlowEdge, FlowLive } from '#api'
import { diagram, type EventBox, edgeId, type Wire } from '#page/flow/graph.ts'
import { count, eventLines, shortCount } from '#page/format.ts'
import { Scrollable } from '#page/parts/scrollable.tsx'

const curve = line<{ readonly x: number; readonly y: number }>(
  (p) => p.x,
  (p) => p.y,
).curve(curveBasis)
const narrowPx = 760

/** The choreography as it is declared, with how often each reaction has happened. */
export const FlowDiagram = ({ flow }: { readonly flow: FlowLive }) => {
  const frame = useRef<HTMLDivElement>(null)
  const [narrow, setNarrow] = useState(innerWidth < narrowPx)
  useEffect(() => {
    const look = () => setNarrow(innerWidth < narrowPx)
    addEventListener('resize', look)
    return () => removeEventListener('resize', look)
  }, [])
  const shape = [...flow.edges.map(edgeId), narrow].join()
  // counts change twice a second, the layout only with the choreography
  const plan = useMemo(() => diagram(flow, narrow), [shape])
  const counts = new Map(flow.edges.map((e) => [edgeId(e), e]))
  const events = new Map(flow.events.map((e) => [e.type, e]))
  return (
    <div class="diagram" ref={frame}>
      <svg
        viewBox={`0 0 ${plan.width} ${plan.height}`}
        role="img"
        aria-label="The choreography: which event causes which; its figures follow as a table"
        class={narrow ? 'down' : ''}
      >
        <defs>
          {['plain', 'undo'].map((kind) => (
            <marker
              key={kind}
              id={`flow-${kind}`}
              class={`end ${kind}`}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="9"
              markerHeight="9"
              orient="auto"
              markerUnits="userSpaceOnUse"
            >
              <path d="M0 .5 7.500 4 0 7.500Z" />
            </marker>
          ))}
        </defs>
        {plan.wires.map((w) => (
          <path
            key={w.id}
            class={`wire ${w.edge?.compensation ? 'undo' : ''}`}
            d={curve([...w.points]) ?? ''}
            marker-end={`url(#flow-${w.edge?.compensation ? 'undo' : 'plain'})`}
          />
        ))}
        {plan.starts.map((s) => (
          <g key={s.id} class="start" transform={`translate(${s.x} ${s.y})`}>
            <rect x={-s.width / 2} y={-s.height / 2} width={s.width} height={s.height} rx={s.height / 2} />
            <Words type={s.start.command} y={-3} />
          </g>
        ))}
        {plan.events.map((e) => (
          <EventNode key={e.id} box={e} happened={events.get(e.id)?.count ?? 0} />
        ))}
        {plan.wires.map((w) => w.edge && <WireLabel key={w.id} wire={w} edge={counts.get(w.id) ?? w.edge} />)}
      </svg>
    </div>
  )
}

const EventNode = ({ box: { event, x, y, width, height }, happened }: { readonly box: EventBox; readonly happened: number }) => (
  <g
    class={`node ${event.service} ${event.terminal ? 'terminal' : ''} ${event.pivot ? 'pivot' : ''}`}
    transform={`translate(${x} ${y})`}
  >
    {event.pivot ? (
      <path
        d={`M${-width / 2} 0 L${-width / 2 + 12} ${-height / 2} H${width / 2 - 12} L${width / 2} 0 L${width / 2 - 12} ${height / 2} H${-width / 2 + 12}Z`}
      />
    ) : (
      <rect x={-width / 2} y={-height / 2} width={width} height={height} rx={event.terminal ? height / 2 : 7} />
    )}
    <Words type={event.type} y={-13} />
    <text class="count" y="23">
      {shortCount(happened)}
    </text>
  </g>
)

const Words = ({ type, y }: { readonly type: string; readonly y: number }) => {
  const [first, second] = eventLines(type)
  return (
    <text class="name" y={y}>
      <tspan x="0">{first}</tspan>
      <tspan x="0" dy="16">
        {second}
      </tspan>
    </text>
  )
}

const WireLabel = ({ wire, edge }: { readonly wire: Wire; readonly edge: FlowEdge }) => (
  <g class={`wire-label ${edge.service}`} transform={`translate(${wire.x} ${wire.y})`}>
    <text class="who" y="-3">
      {edge.service}
    </text>
    <text class="count" y="13">
      {shortCount(edge.count)}
    </text>
  </g>
)

/** The same figures as a table. */
export const FlowTable = ({ flow }: { readonly flow: FlowLive }) => (
  <details>
    <summary>As a table</summary>
    <Scrollable label="Reactions and how often they happened">
      <table>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">Consumes</th>
            <th scope="col">Emitted</th>
            <th scope="col" class="number">
              Times
            </th>
          </tr>
        </thead>
        <tbody>
          {flow.edges.map((e) => (
            <tr key={edgeId(e)}>
              <td>{e.service}</td>
              <td>{e.cause}</td>
              <td>
                {e.effect}
                {e.compensation && <small class="undone-word">compensation</small>}
              </td>
              <td class="number">{count(e.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrollable>
  </details>
)
