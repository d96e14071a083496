/** PURE: outcomes for people. */
import type { Outcome } from './acts.ts'

const seconds = (ms: number): string => (ms / 1_000).toFixed(1)
const standing = ({ standstillMs }: Outcome): string => standstillMs.map(seconds).join(' ')
const verdictOf = ({ deviations }: Outcome): string =>
  deviations.length === 0 ? 'as expected' : `NOT as expected: ${deviations.join('; ')}`

export const textOf = (outcomes: readonly Outcome[]): string =>
  outcomes
    .flatMap((outcome) => [
      outcome.act,
      `  ${outcome.members || 'nobody'}`,
      `  calm after ${seconds(outcome.tookMs)} s${outcome.standstillMs.length > 0 ? `; partitions stood still for ${standing(outcome)} s` : ''}; read again: ${outcome.again}`,
      ...(outcome.remark === '' ? [] : [`  ${outcome.remark}`]),
      `  ${verdictOf(outcome)}`,
    ])
    .join('\n')

export const heads = [
  'act',
  'who has what afterwards',
  'calm after (s)',
  'stood still, by partition (s)',
  'read again',
  '',
] as const

export const cellsOf = (outcome: Outcome): readonly string[] => {
  const { act, members, tookMs, again } = outcome
  const remark = [outcome.remark, verdictOf(outcome)].filter((part) => part !== '').join('; ')
  return [act, members, seconds(tookMs), standing(outcome), String(again), remark]
}

export const tableOf = (outcomes: readonly Outcome[]): string =>
  [
    `| ${heads.join(' | ')} |`.replace('|  |', '| |'),
    '| --- | --- | ---: | --- | ---: | --- |',
    ...outcomes.map((outcome) => `| ${cellsOf(outcome).join(' | ')} |`),
  ].join('\n')
