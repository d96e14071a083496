/** PURE: the runs as a page with pictures. */
import { barsOf, type Counted, reportPage, type Section } from '@shop/report'
import { partsOf, type Run, type Setting, writtenBy } from './page.ts'
import type { Row } from './row.ts'
import { allHeads, cellsOf } from './table.ts'

const links = [
  ['https://kafka.apache.org/documentation/#semantics', 'Kafka: message delivery semantics'],
  [
    'https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging',
    'KIP-98: idempotence and transactions',
  ],
  ['https://kafka.apache.org/documentation/#producerconfigs_acks', 'Kafka: acks'],
] as const

const countedIn = ({ title, counts }: Row): readonly Counted[] =>
  counts === undefined
    ? []
    : [
        { line: title, kind: 'lost', count: counts.lost },
        { line: title, kind: 'doubled', count: counts.doubled },
        { line: title, kind: 'out of order', count: counts.outOfOrder },
      ]

const sectionOf = ({ title, about, rows }: ReturnType<typeof partsOf>[number]): Section => ({
  title,
  text: [about],
  ...(rows.some(({ counts }) => counts !== undefined)
    ? {
        chart: barsOf(rows.flatMap(countedIn), {
          about: `${title}: lost, doubled and out of order in each mode`,
          unit: 'payments',
        }),
      }
    : {}),
  table: { heads: allHeads, rows: rows.map(cellsOf) },
  list: rows.map(({ title: mode, why }) => `${mode}: ${why}`),
})

/** @param runs the first one is shown */
export const picturePage = (setting: Setting, runs: readonly Run[]): string =>
  reportPage({
    title: 'Delivery semantics, counted',
    about: [
      writtenBy(setting, runs),
      'Behind a count stands the sign that it must have; the command fails when one has another.',
    ],
    sections: [...partsOf(setting, runs[0]?.rows ?? []).map(sectionOf), { title: 'Where it is written down', links }],
  })
