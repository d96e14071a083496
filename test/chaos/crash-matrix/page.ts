/** PURE: the run as docs/crash-matrix.md. */
import { serviceNames } from '@shop/choreography'
import { faultPoints } from '@shop/messaging'
import { percentile } from '../recovery.ts'
import { type CellResult, flawsOf, type MatrixRun } from './run.ts'

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

const cellText = (result: CellResult | undefined): string => {
  if (result === undefined) return ''
  return result.failure === undefined ? seconds(result.endedMs ?? 0) : `✗ ${result.failure}`
}

const tableOf = (service: string, results: readonly CellResult[]): string[] => {
  const own = results.filter((r) => r.service === service)
  const points = faultPoints.filter((point) => own.some((r) => r.point === point))
  const types = [...new Set(own.map((r) => r.type))]
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `## ${service}`,
    '',
    row(['', ...points]),
    row(['---', ...points.map(() => '---:')]),
    ...types.map((type) =>
      row([type, ...points.map((point) => cellText(own.find((r) => r.point === point && r.type === type)))]),
    ),
    '',
  ]
}

export const matrixPage = (run: MatrixRun): string => {
  const { results, check, tookMs } = run
  const times = results.flatMap((r) => r.endedMs ?? [])
  const ready = results.flatMap((r) => r.readyMs ?? [])
  const figure = (values: readonly number[], percent: number) => seconds(percentile(values, percent) ?? 0)
  const flaws = flawsOf(run)
  return [
    '# Crash matrix',
    '',
    'Written by `npm run crash-matrix`. In each cell a service killed itself (SIGKILL, nothing of it runs on) at a fault point, with one',
    'order’s event of this type in its hands: consumed events at the points of handling, told ones at those of the relay, commands before',
    'their answer. The supervisor started this one service again. A cell tells how long the order took from being placed to its end,',
    'crash and restart included. Cells of different services ran side by side, so another service may have been down meanwhile.',
    '',
    `${results.length} cells in ${(tookMs / 60_000).toFixed(1)} minutes: orders ended within ${figure(times, 50)} (p50), ${figure(times, 99)} (p99), ${figure(times, 100)} (longest); services were ready again within ${figure(ready, 50)} (p50), ${figure(ready, 99)} (p99).`,
    `Afterwards ${check.invariants.filter((v) => v.outcome === 'holds').length} invariants hold over all of these orders, ${check.invariants.filter((v) => v.outcome === 'violated').length} are violated.`,
    ...(flaws.length === 0 ? [] : ['', ...flaws.map((flaw) => `- ✗ ${flaw}`)]),
    '',
    ...serviceNames.flatMap((service) => tableOf(service, results)),
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
