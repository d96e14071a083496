/** PURE: rows for people. */
import type { Signed } from './expectation.ts'
import type { Row } from './row.ts'

const columns = ['sent', 'handled', 'lost', 'doubled', 'outOfOrder', 'perSecond'] as const
const heads = ['sent', 'handled', 'lost', 'doubled', 'out of order', 'per second'] as const
const marks = { none: '= 0', some: '> 0', any: '' } as const

const cellOf = ({ counts, expected }: Row, column: (typeof columns)[number]): string => {
  if (counts === undefined) return '–'
  const sign = marks[expected[column as Signed] ?? 'any']
  return sign === '' ? String(counts[column]) : `${counts[column]} (${sign})`
}

const verdictOf = ({ deviations, notRun }: Row): string => {
  if (notRun !== undefined) return `not run: ${notRun}`
  return deviations.length === 0 ? 'as expected' : `NOT as expected: ${deviations.join('; ')}`
}

/** In the terminal: the counts, with the sign that each one must have, and below them the reason. */
export const textOf = (rows: readonly Row[]): string => {
  const lines = rows.flatMap((row) => [
    row.title,
    `  ${columns.map((column) => cellOf(row, column).padStart(14)).join('')}   ${verdictOf(row)}`,
    `  ${row.why}`,
  ])
  return [`  ${heads.map((head) => head.padStart(14)).join('')}`, ...lines].join('\n')
}

export const allHeads = ['mode', ...heads, ''] as const

export const cellsOf = (row: Row): readonly string[] => [
  row.title,
  ...columns.map((column) => cellOf(row, column)),
  verdictOf(row),
]

/** In Markdown. */
export const tableOf = (rows: readonly Row[]): string =>
  [
    `| mode | ${heads.join(' | ')} | |`,
    `| --- | ${heads.map(() => '---:').join(' | ')} | --- |`,
    ...rows.map((row) => `| ${cellsOf(row).join(' | ')} |`),
  ].join('\n')
