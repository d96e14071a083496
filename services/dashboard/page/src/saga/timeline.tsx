import { curveBumpX, link } from 'd3-shape'
import type { TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Saga } from '#api'
import { duration, eventWords, timeMs } from '#page/format.ts'
import { type Ghost, type Hold, type Layout, layout, type Mark, type Stop } from '#page/saga/layout.ts'

export interface TimelineProps {
  readonly saga: Saga
  readonly lanes: readonly string[]
  readonly scale: 'steps' | 'time'
  /** Position of the event whose envelope is shown. */
  readonly chosen: string | undefined
  readonly choose: (position: string) => void
}

const axisPx = 54
const lanePx = 96
const markY = 36
const radius = 9

const yOf = (lane: number): number => axisPx + lane * lanePx + markY

const useWidth = () => {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(900)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const seen = new ResizeObserver(() => setWidth(element.clientWidth))
    seen.observe(element)
    return () => seen.disconnect()
  }, [])
  return { ref, width }
}

/** The saga as swim lanes: one for each service, time to the right. */
export const Timeline = ({ saga, lanes, scale, chosen, choose }: TimelineProps) => {
  const { ref, width } = useWidth()
  const plan = layout(saga, { lanes, width, scale })
  const height = axisPx + plan.lanes.length * lanePx

  /** With the arrow keys from mark to mark, as they follow in time. */
  const move = (event: TargetedKeyboardEvent<SVGSVGElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : undefined
    if (step === undefined) return
    const all = [...event.currentTarget.querySelectorAll<SVGGElement>('[role=button]')]
    const next = all[all.indexOf(document.activeElement as unknown as SVGGElement) + step]
    if (!next) return
    event.preventDefault()
    next.focus()
  }

  return (
    <div class="lanes-frame">
      <ol class="lane-names" aria-hidden="true">
        {plan.lanes.map((lane) => (
          <li key={lane} class={lane}>
            {lane}
          </li>
        ))}
      </ol>
      <div class="lanes-scroll" ref={ref}>
        {/* biome-ignore lint/a11y/useSemanticElements: there is no fieldset in SVG */}
        <svg
          class="saga"
          width={plan.width}
          height={height}
          role="group"
          aria-label="Swim lanes of this order; the events follow as a table"
          onKeyDown={move}
        >
          <Ends />
          <Ground plan={plan} height={height} />
          {plan.holds.map((h) => (
            <HoldBar key={h.step.event.id} hold={h} />
          ))}
          {plan.arrows.map(({ from, to }) => (
            <path
              key={to.event.id}
              class={`cause ${isUndo(plan, to) ? 'undo' : ''}`}
              d={arrow(from, to)}
              marker-end={`url(#end-${isUndo(plan, to) ? 'undo' : 'plain'})`}
            />
          ))}
          {plan.ghosts.map((g) => (
            <GhostMark
              key={`${g.expectation.service}${g.expectation.onId}`}
              ghost={g}
              rank={plan.ghosts.filter((o) => o.lane === g.lane).indexOf(g)}
            />
          ))}
          {plan.stops.map((s) => (
            <StopMark key={s.letter.copy} stop={s} />
          ))}
          {plan.marks.map((m) => (
            <EventMark
              key={m.event.position}
              mark={m}
              undo={isUndo(plan, m)}
              chosen={m.event.position === chosen}
              choose={choose}
            />
          ))}
        </svg>
      </div>
    </div>
  )
}

const isUndo = (plan: Layout, mark: Mark): boolean => plan.holds.some((h) => h.undo === mark)

/** Arrow heads. */
const Ends = () => (
  <defs>
    {['plain', 'undo', 'ghost'].map((kind) => (
      <marker
        key={kind}
        id={`end-${kind}`}
        class={`end ${kind}`}
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="8"
        markerHeight="8"
        orient="auto"
        markerUnits="userSpaceOnUse"
      >
        <path d="M0 .5 7.500 4 0 7.500Z" />
      </marker>
    ))}
    <pattern id="undone" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="7" height="7" class="wash" />
      <line x1="0" x2="0" y1="0" y2="7" class="hatch" />
    </pattern>
  </defs>
)

const labelPxMin = 84

/** Lanes, and the times along the top: since the start, and by the clock. */
const Ground = ({ plan, height }: { readonly plan: Layout; readonly height: number }) => {
  let free = Number.NEGATIVE_INFINITY
  return (
    <g class="ground">
      {plan.lanes.map((lane, i) => (
        <line key={lane} class="lane" x1="0" x2={plan.width} y1={yOf(i)} y2={yOf(i)} />
      ))}
      {plan.ticks.map((t) => {
        const labelled = t.x >= free
        if (labelled) free = t.x + labelPxMin
        return (
          <g key={`${t.x}`} transform={`translate(${t.x} 0)`}>
            <line class="tick" y1={axisPx - 12} y2={height} />
            {labelled && (
              <text class="elapsed" y="18">
                {t.sinceStartMs === 0 ? 'start' : `${t.sinceStartMs > 0 ? '+' : '−'}${duration(Math.abs(t.sinceStartMs))}`}
              </text>
            )}
            {labelled && (
              <text class="clock" y="34">
                {timeMs(t.atMs)}
              </text>
            )}
          </g>
        )
      })}
      {plan.nowX !== undefined && <line class="now" x1={plan.nowX} x2={plan.nowX} y1={axisPx - 12} y2={height} />}
    </g>
  )
}

const curve = link(curveBumpX)

const arrow = (from: Mark, to: Mark): string => {
  const [y1, y2] = [yOf(from.lane), yOf(to.lane)]
  if (from.lane === to.lane) return `M${from.x + radius} ${y1} L${to.x - radius - 4} ${y2}`
  return curve({ source: [from.x + radius, y1], target: [to.x - radius - 3, y2] }) ?? ''
}

/** The stretch in which a step's effect stood, and the arc by which its compensation takes it back. */
const HoldBar = ({ hold: { step, undo, end, compensation } }: { readonly hold: Hold }) => {
  const y = yOf(step.lane)
  const width = Math.max(0, end - step.x)
  if (!undo) return <rect class={`hold ${step.event.service}`} x={step.x} y={y - 13} width={width} height="26" rx="13" />
  const lift = y - 15
  const top = lift - 12
  const middle = (step.x + undo.x) / 2
  return (
    <g class="undone">
      <rect x={step.x} y={y - 13} width={width} height="26" rx="13" fill="url(#undone)" />
      <path
        class="tie"
        d={`M${undo.x} ${lift + 4} V${top + 8} Q${undo.x} ${top} ${undo.x - 8} ${top} H${step.x + 8} Q${step.x} ${top} ${step.x} ${top + 8} V${lift + 2}`}
        marker-end="url(#end-undo)"
      />
      <text class="tie-word" x={middle} y={top + 4}>
        {width > 190 ? `${eventWords(compensation.undoneByType)} undoes this step` : 'undoes'}
      </text>
    </g>
  )
}

const EventMark = ({
  mark,
  undo,
  chosen,
  choose,
}: {
  readonly mark: Mark
  readonly undo: boolean
  readonly chosen: boolean
  readonly choose: (position: string) => void
}) => {
  const { event, x, lane, copies, undoneBy } = mark
  const act = () => choose(event.position)
  const told = [
    eventWords(event.type),
    `by ${event.service}`,
    `${duration(event.sinceStartMs)} after the start`,
    undoneBy ? `undone by ${eventWords(undoneBy.type)}` : '',
    undo ? 'a compensation' : '',
    copies > 0 ? `${copies} copies, dropped` : '',
  ]
  const kind = [
    event.service,
    undoneBy ? 'taken-back' : '',
    undo ? 'compensation' : '',
    event.terminal ? 'terminal' : '',
    event.pivot ? 'pivot' : '',
    chosen ? 'chosen' : '',
  ]
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no button element in SVG
    <g
      class={`mark ${kind.filter(Boolean).join(' ')}`}
      transform={`translate(${x} ${yOf(lane)})`}
      role="button"
      tabIndex={0}
      aria-label={told.filter(Boolean).join(', ')}
      aria-pressed={chosen}
      onClick={act}
      onKeyDown={(e) => {
        if (e.key !== 'Enter' && e.key !== ' ') return
        e.preventDefault()
        act()
      }}
    >
      <rect class="touch" x="-26" y="-22" width="52" height="72" />
      <circle class="ring" r={radius + 6} />
      {event.pivot ? (
        <path class="body" d="M0-11 10-5.500V5.500L0 11-10 5.500V-5.500Z" />
      ) : event.terminal ? (
        <rect class="body" x="-12" y="-9" width="24" height="18" rx="9" />
      ) : (
        <circle class="body" r={radius} />
      )}
      {undoneBy && <path class="struck" d="M-6 6 6-6" />}
      {undo && <path class="back" d="M4.500 0H-4M-1-3.500-4.500 0-1 3.500" />}
      <Label type={event.type} />
      {copies > 0 && (
        <g class="copies" transform="translate(11 -12)">
          <rect x="-2" y="-9" width="26" height="16" rx="8" />
          <text x="11" y="3">
            ×{copies + 1}
          </text>
        </g>
      )}
    </g>
  )
}

/** In two lines, so that neighbours keep apart: the noun, and what happened to it. */
const Label = ({ type }: { readonly type: string }) => {
  const parts = type.split(/(?=[A-Z])/)
  const second = parts.length > 1 ? (parts.at(-1) ?? '').toLowerCase() : ''
  const first =
    parts.length > 1
      ? parts
          .slice(0, -1)
          .map((p, i) => (i === 0 ? p : p.toLowerCase()))
          .join(' ')
      : type
  return (
    <text class="label" y="27">
      <tspan x="0">{first}</tspan>
      <tspan x="0" dy="15">
        {second}
      </tspan>
    </text>
  )
}

const GhostMark = ({ ghost: { expectation, cause, x, lane }, rank }: { readonly ghost: Ghost; readonly rank: number }) => {
  const y = yOf(lane) + rank * 22
  const path =
    cause.lane === lane
      ? `M${cause.x + radius} ${yOf(lane)} H${x - radius - 3}`
      : (curve({ source: [cause.x + radius, yOf(cause.lane)], target: [x - radius - 3, y] }) ?? '')
  const what = expectation.mayEmit.map((t) => eventWords(t)).join(' or ')
  return (
    <g class={`ghost ${expectation.service}`}>
      <title>
        {`Expected of ${expectation.service}: ${what}, in answer to ${eventWords(expectation.on)}${expectation.needs.length > 0 ? `; it waits for ${expectation.needs.join(', ')}` : ''}`}
      </title>
      <path class="cause" d={path} marker-end="url(#end-ghost)" />
      <circle cx={x} cy={y} r={radius} />
      <text class="label" y={y + 27}>
        {expectation.mayEmit.map((type, i) => (
          <tspan key={type} x={x} dy={i === 0 ? 0 : 15}>
            {i > 0 ? 'or ' : ''}
            {i > 0 ? eventWords(type).toLowerCase() : eventWords(type)}?
          </tspan>
        ))}
      </text>
    </g>
  )
}

/** A message that a consumer set aside. */
const StopMark = ({ stop: { letter, x, lane, cause } }: { readonly stop: Stop }) => (
  <g class="stop">
    <title>{`${letter.consumer} set ${letter.type ?? 'a record'} aside after ${letter.attempts} attempts: ${letter.error}`}</title>
    {cause && (
      <path class="cause" d={curve({ source: [cause.x + radius, yOf(cause.lane)], target: [x - 12, yOf(lane)] }) ?? ''} />
    )}
    <g transform={`translate(${x} ${yOf(lane)})`}>
      <rect x="-10" y="-10" width="20" height="20" rx="3" />
      <path d="M-4-4 4 4M4-4-4 4" />
      <text class="label" y="27">
        <tspan x="0">Dead letter</tspan>
        <tspan x="0" dy="15">
          {letter.kind === 'held' ? 'held behind it' : `${letter.attempts} attempts`}
        </tspan>
      </text>
    </g>
  </g>
)
