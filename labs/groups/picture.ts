/** PURE: a run as a page with a picture. */
import { lanesOf, reportPage, type Section } from '@shop/report'
import type { Outcome } from './acts.ts'
import { cellsOf, heads } from './table.ts'
import type { Timeline } from './timeline.ts'

const refreshSeconds = 2

const links = [
  ['https://kafka.apache.org/documentation/#basic_ops_consumer_group', 'Kafka: consumer groups'],
  [
    'https://cwiki.apache.org/confluence/display/KAFKA/KIP-429%3A+Kafka+Consumer+Incremental+Rebalance+Protocol',
    'KIP-429: cooperative rebalance',
  ],
  [
    'https://cwiki.apache.org/confluence/display/KAFKA/KIP-848%3A+The+Next+Generation+of+the+Consumer+Rebalance+Protocol',
    'KIP-848: the next protocol',
  ],
] as const

const pictureOf = (timeline: Timeline): Section => {
  const moments = timeline.moments()
  const lags = timeline.lagsMax().map((lag, partition) => `${lag} of partition ${partition}`)
  return {
    title: 'Who had which partition when',
    text: [
      'As the broker said it, twice a second. Grey: nobody had it, as at each rebalance, in which everybody gives everything back first. The dotted lines are what was done; the numbers are those of the list.',
      `The longest lags that were seen: ${lags.join(', ')}.`,
    ],
    chart: lanesOf(timeline.stretches(), moments, 'Partitions over time, by the member that had them'),
    list: moments.map(({ label, at }) => `${label} (${at.toFixed(1)} s)`),
  }
}

/** @param command as it was typed @param outcomes undefined while it is under way */
export const picturePage = (command: string, timeline: Timeline, outcomes: readonly Outcome[] | undefined): string => {
  const isWhole = outcomes !== undefined
  const table = { heads, rows: (outcomes ?? []).map(cellsOf) }
  return reportPage({
    title: 'A consumer group, seen',
    about: [`Written by \`${command}\`${isWhole ? '' : ', which is still at it: this page loads itself again'}.`],
    sections: [pictureOf(timeline), ...(isWhole ? [{ title: 'What came of each act', table, links }] : [])],
    ...(isWhole ? {} : { refreshSeconds }),
  })
}
