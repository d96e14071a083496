/** Pure: from the kept figures of each step to points. */
import type { SagaPoint } from './api.ts'
import { percentile } from './durations.ts'

export const sagaPoints = (
  rows: readonly { readonly at: number; readonly name: string; readonly value: number }[],
): readonly SagaPoint[] => {
  const steps = new Map<number, { sums: Map<string, number>; bins: Map<number, number> }>()
  for (const { at, name, value } of rows) {
    const step = steps.get(at) ?? { sums: new Map(), bins: new Map() }
    if (name.startsWith('bin:')) step.bins.set(Number(name.slice('bin:'.length)), value)
    else step.sums.set(name, value)
    steps.set(at, step)
  }
  return [...steps].map(([at, { sums, bins }]) => {
    const [p50, p95] = [percentile(bins, 0.5), percentile(bins, 0.95)]
    return {
      at: new Date(at).toISOString(),
      placed: sums.get('placed') ?? 0,
      confirmed: sums.get('confirmed') ?? 0,
      cancelled: sums.get('cancelled') ?? 0,
      events: sums.get('events') ?? 0,
      ...(p50 === undefined ? {} : { durationP50Ms: p50 }),
      ...(p95 === undefined ? {} : { durationP95Ms: p95 }),
    }
  })
}
