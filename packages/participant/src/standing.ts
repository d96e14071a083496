/** Not going on is told: by `/readyz`, and by a metric. */
import { type ProgressWatch, type Standstill, standstillMsMin, type Transport } from '@shop/messaging'
import type { Checks, Metrics } from '@shop/service-host'
import { Gauge } from 'prom-client'

/** By what `/readyz` and the metric call a part of the process. */
export type WatchedParts = Readonly<Record<string, Pick<ProgressWatch, 'standstill'>>>

/** `shop.order/3@17`, where the broker has partitions and offsets. */
const placeIn = ({ topic, position }: NonNullable<Standstill['place']>, describe: Transport['describe']): string => {
  const { partition, offset } = describe(position)
  return partition === undefined ? `${topic}/${position}` : `${topic}/${partition}@${offset}`
}

/** `stands still at … for … s: …`, once it has for 30 s. */
export const standstillOf = (watch: Pick<ProgressWatch, 'standstill'>, describe: Transport['describe']): string | undefined => {
  const standstill = watch.standstill()
  if (standstill === undefined || standstill.forMs < standstillMsMin) return undefined
  const { forMs, reason, place } = standstill
  const where = place === undefined ? '' : ` at ${placeIn(place, describe)}`
  return `stands still${where} for ${Math.floor(forMs / 1_000)} s: ${reason}`
}

/** One check for each part: it fails once the part has stood still for 30 s, with where and why. */
export const progressChecks = (parts: WatchedParts, describe: Transport['describe']): Checks =>
  Object.fromEntries(
    Object.entries(parts).map(([name, watch]) => [
      `${name}-progress`,
      async () => {
        const standstill = standstillOf(watch, describe)
        if (standstill !== undefined) throw new Error(standstill)
      },
    ]),
  )

/** Seconds without progress, by part; what takes less than one counts as going on. */
export const addStandstillGauge = ({ registry }: Pick<Metrics, 'registry'>, parts: WatchedParts): void => {
  new Gauge({
    name: 'shop_stuck_seconds',
    help: 'Seconds for which a part of the process has repeated the same work without progress; 0 when it goes on.',
    labelNames: ['part'] as const,
    registers: [registry],
    collect() {
      for (const [part, watch] of Object.entries(parts)) this.set({ part }, Math.floor((watch.standstill()?.forMs ?? 0) / 1_000))
    },
  })
}
