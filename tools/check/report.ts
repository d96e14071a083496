import type { Figures, Verdict } from './invariants.ts'

const shownMax = 10
const mark = { holds: '✓', violated: '✗', 'not-checked': '–' } as const

const figuresOf = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name.replace(/(?<=[a-z])[A-Z]/g, (c) => ` ${c.toLowerCase()}`)} ${value}`)
    .join(', ')

const lineOf = ({ id, title, outcome, figures, violationCount, why = 'it needs the topics' }: Verdict, width: number): string => {
  const detail = outcome === 'not-checked' ? `not checked: ${why}` : figuresOf(figures)
  const count = violationCount === 0 ? '' : ` · ${violationCount} ${violationCount === 1 ? 'violation' : 'violations'}`
  return `${mark[outcome]} ${id.padEnd(width)}  ${title}: ${detail}${count}`
}

const violationsOf = ({ id, violations, violationCount }: Verdict): string[] => {
  if (violationCount === 0) return []
  const shown = violations.slice(0, shownMax)
  const rest = violationCount - shown.length
  return [
    '',
    `✗ ${id}`,
    ...shown.map(({ text, orderId }) => `    ${orderId === undefined ? '' : `order ${orderId}: `}${text}`),
    ...(rest > 0 ? [`    … and ${rest} more`] : []),
  ]
}

/** For people: one line per invariant, what is violated below. */
export const reportText = (verdicts: readonly Verdict[], notAtRest: readonly string[]): string => {
  const width = Math.max(...verdicts.map((v) => v.id.length))
  const violated = verdicts.filter((v) => v.outcome === 'violated').length
  const unchecked = verdicts.filter((v) => v.outcome === 'not-checked').length
  return [
    ...verdicts.map((v) => lineOf(v, width)),
    ...verdicts.flatMap(violationsOf),
    '',
    ...(notAtRest.length > 0 ? [`not at rest: ${notAtRest.join(', ')}`] : []),
    `${verdicts.length - violated - unchecked} invariants hold, ${violated} violated${unchecked > 0 ? `, ${unchecked} not checked` : ''}`,
  ].join('\n')
}

/** For machines. */
export const reportJson = (verdicts: readonly Verdict[], notAtRest: readonly string[]): string =>
  JSON.stringify({ holds: verdicts.every((v) => v.outcome !== 'violated'), notAtRest, invariants: verdicts }, null, 2)
