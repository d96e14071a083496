import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { time } from '#page/format.ts'
import { Scrollable } from '#page/parts/scrollable.tsx'
import { colour, dark } from '#page/theme.ts'

export interface Line {
  readonly label: string
  /** A custom property of the style sheet, such as `--order`. */
  readonly colour: string
  readonly values: readonly (number | null)[]
  readonly dashed?: boolean
}

export interface ChartProps {
  readonly title: string
  /** What the values are, such as "orders per second". */
  readonly unit: string
  /** Of the time axis: begin and end, epoch milliseconds. */
  readonly span: readonly [number, number]
  /** Epoch milliseconds, ascending. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
}

const heightPx = 190

const options = (props: ChartProps, width: number, spanNow: () => ChartProps['span']): uPlot.Options => {
  const axis = {
    stroke: colour('--ink-3'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { show: false },
    font: '12px "Source Sans 3 Variable"',
  }
  return {
    width,
    height: heightPx,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      x: { range: () => [spanNow()[0] / 1_000, spanNow()[1] / 1_000] },
      y: { range: (_u, _min, max) => [0, Math.max(max * 1.15, 1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, values: (_u, at) => at.map((s) => time(s * 1_000)), space: 90 },
      { ...axis, size: 56, values: (_u, at) => at.map(props.format) },
    ],
    series: [
      {},
      ...props.lines.map((l) => ({
        label: l.label,
        stroke: colour(l.colour),
        width: 2,
        points: { size: 5 },
        spanGaps: true,
        ...(l.dashed ? { dash: [5, 4] } : {}),
      })),
    ],
  }
}

const dataOf = ({ times, lines }: ChartProps): uPlot.AlignedData => [
  times.map((t) => t / 1_000),
  ...lines.map((l) => [...l.values]),
]

/** A chart over time with its legend, its latest values in words, and the same figures as a table. */
export const Chart = (props: ChartProps) => {
  const frame = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const span = useRef(props.span)
  span.current = props.span
  const shape = `${dark.value} ${props.lines.map((l) => l.label).join()}`

  // the data is given anew below; only another look needs another chart
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const made = new uPlot(
      options(props, element.clientWidth, () => span.current),
      dataOf(props),
      element,
    )
    chart.current = made
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }))
    sized.observe(element)
    return () => {
      sized.disconnect()
      made.destroy()
    }
  }, [shape])
  useEffect(() => chart.current?.setData(dataOf(props)))

  return (
    <figure class="chart">
      <figcaption>
        <h3>{props.title}</h3>
        <ul class="legend">
          {props.lines.map((l) => (
            <li key={l.label}>
              <svg width="16" height="8" aria-hidden="true">
                <line
                  x1="0"
                  x2="16"
                  y1="4"
                  y2="4"
                  stroke={`var(${l.colour})`}
                  stroke-width="2.5"
                  stroke-dasharray={l.dashed ? '4 3' : undefined}
                />
              </svg>
              {l.label} <b>{latest(l, props.format)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="plot" ref={frame} aria-hidden="true" />
      <details>
        <summary>As a table</summary>
        <Scrollable label={`${props.title}, as a table`}>
          <ChartTable {...props} />
        </Scrollable>
      </details>
    </figure>
  )
}

const latest = (line: Line, format: ChartProps['format']): string => {
  const value = line.values.findLast((v) => v !== null)
  return value == null ? '–' : format(value)
}

const rowsMax = 20

const ChartTable = ({ title, unit, times, lines, format }: ChartProps) => {
  const step = Math.max(1, Math.ceil(times.length / rowsMax))
  const rows = times.map((at, i) => ({ at, i })).filter(({ i }) => (times.length - 1 - i) % step === 0)
  return (
    <table>
      <caption class="unseen">
        {title}, {unit}
      </caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {lines.map((l) => (
            <th scope="col" class="number" key={l.label}>
              {l.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.toReversed().map(({ at, i }) => (
          <tr key={at}>
            <td>{time(at)}</td>
            {lines.map((l) => (
              <td class="number" key={l.label}>
                {l.values[i] == null ? '–' : format(l.values[i])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
