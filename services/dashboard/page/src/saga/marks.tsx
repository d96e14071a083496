import { duration, eventLines, eventWords } from '#page/format.ts'
import { arrow, radius, yOf } from '#page/saga/drawing.ts'
import type { Ghost, Mark, Stop } from '#page/saga/layout.ts'

/** An event: round, a hexagon for the pivot, long for an end; struck out when it was undone. To be pressed for its envelope. */
export const EventMark = ({
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
    `${eventWords(event.type)}${copies > 0 ? ` ×${copies + 1}` : ''}`,
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
      tabindex={0}
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
  const [first, second] = eventLines(type)
  return (
    <text class="label" y="27">
      <tspan x="0">{first}</tspan>
      <tspan class="gap"> </tspan>
      <tspan x="0" dy="15">
        {second}
      </tspan>
    </text>
  )
}

/** What the choreography still expects. */
export const GhostMark = ({ ghost: { expectation, cause, x, lane }, rank }: { readonly ghost: Ghost; readonly rank: number }) => {
  const y = yOf(lane) + rank * 22
  const path = arrow(cause, { x, y })
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
export const StopMark = ({ stop: { letter, x, lane, cause } }: { readonly stop: Stop }) => (
  <g class="stop">
    <title>{`${letter.consumer} set ${letter.type ?? 'a record'} aside after ${letter.attempts} attempts: ${letter.error}`}</title>
    {cause && <path class="cause" d={arrow(cause, { x, y: yOf(lane) })} />}
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
