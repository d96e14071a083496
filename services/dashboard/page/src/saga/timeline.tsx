import type { TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Saga } from '#api'
import { duration, eventWords, timeMs } from '#page/format.ts'
import { arrow, axisPx, lanePx, yOf } from '#page/saga/drawing.ts'
import { type Hold, type Layout, layout, type Mark } from '#page/saga/layout.ts'
import { EventMark, GhostMark, StopMark } from '#page/saga/marks.tsx'

export interface TimelineProps {
  readonly saga: Saga
  readonly lanes: readonly string[]
  readonly scale: 'steps' | 'time'
  /** Position of the event whose envelope is shown. */
  readonly chosen: string | undefined
  readonly choose: (position: string) => void
}

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
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section class="lanes-scroll" ref={ref} tabIndex={0} aria-label="Swim lanes">
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
              d={arrow(from, { x: to.x, y: yOf(to.lane) })}
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
      </section>
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
