/** PURE: charts as SVG texts, for pages without scripts. Observable Plot: a grammar of few words, and it draws without a browser. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** Told apart by who sees few colours, on light and on dark ground (Okabe and Ito 2008, without black and yellow). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00']
const nobodysColour = '#8a8f98'

const { document } = parseHTML('<!doctype html><html><body></body></html>')

const draw = (options: Plot.PlotOptions): string => {
  const figure = Plot.plot({
    document: document as unknown as NonNullable<Plot.PlotOptions['document']>,
    width: 860,
    style: { background: 'none', color: 'currentColor', fontSize: '13px', fontFamily: 'inherit', overflow: 'visible' },
    ...options,
  })
  return figure.outerHTML
}

/** A figure of one line of a table. */
export interface Counted {
  readonly line: string
  readonly kind: string
  readonly count: number
}

/** Horizontal bars: for each line one of each kind. @param about says for whom does not see it what is shown */
export const barsOf = (
  counted: readonly Counted[],
  { about, unit }: { readonly about: string; readonly unit: string },
): string => {
  const kinds = [...new Set(counted.map(({ kind }) => kind))]
  const lines = [...new Set(counted.map(({ line }) => line))]
  return draw({
    ariaLabel: about,
    height: 40 + lines.length * (kinds.length * 15 + 12),
    marginLeft: 330,
    marginRight: 50,
    x: { label: unit, grid: true },
    y: { axis: null, domain: kinds },
    fy: { label: null, domain: lines, padding: 0.15 },
    color: { domain: kinds, range: colours, legend: false },
    marks: [
      Plot.barX(counted, { x: 'count', y: 'kind', fy: 'line', fill: 'kind' }),
      Plot.text(counted, {
        x: 'count',
        y: 'kind',
        fy: 'line',
        text: ({ kind, count }: Counted) => `${count} ${kind}`,
        textAnchor: 'start',
        dx: 4,
        fill: 'currentColor',
        fontSize: 11,
      }),
      Plot.ruleX([0], { stroke: 'currentColor' }),
    ],
  })
}

/** A lane's owner for a while. Seconds from the beginning. */
export interface Stretch {
  readonly lane: string
  /** Absent: it is nobody's. */
  readonly owner?: string
  readonly from: number
  readonly to: number
}

/** Something that happened at a second. */
export interface Moment {
  readonly at: number
  readonly label: string
}

/** Who had which lane when; gaps are nobody's. @param moments numbered in the picture, in their order */
export const lanesOf = (stretches: readonly Stretch[], moments: readonly Moment[], about: string): string => {
  const owned = stretches.filter(({ owner }) => owner !== undefined)
  const orphaned = stretches.filter(({ owner }) => owner === undefined)
  const owners = [...new Set(owned.map(({ owner }) => owner))].toSorted()
  const lanes = [...new Set(stretches.map(({ lane }) => lane))]
  const numbered = moments.map((moment, index) => ({ ...moment, number: String(index + 1) }))
  return draw({
    ariaLabel: about,
    height: 70 + lanes.length * 30,
    marginLeft: 90,
    marginTop: 30,
    x: { label: 'seconds' },
    y: { label: null, domain: lanes, padding: 0.2 },
    color: { domain: owners, range: colours },
    marks: [
      Plot.barX(orphaned, { x1: 'from', x2: 'to', y: 'lane', fill: nobodysColour, fillOpacity: 0.35 }),
      Plot.barX(owned, { x1: 'from', x2: 'to', y: 'lane', fill: 'owner' }),
      Plot.text(owned.filter(isWide), {
        x: ({ from, to }: Stretch) => (from + to) / 2,
        y: 'lane',
        text: 'owner',
        fill: 'white',
        fontWeight: 600,
      }),
      Plot.ruleX(numbered, { x: 'at', stroke: 'currentColor', strokeDasharray: '2,3' }),
      Plot.text(numbered, { x: 'at', frameAnchor: 'top', text: 'number', dy: -14, fill: 'currentColor' }),
    ],
  })
}

const labelledSecondsMin = 2
const isWide = ({ from, to }: Stretch): boolean => to - from >= labelledSecondsMin
