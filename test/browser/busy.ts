/** How much of the machine a measurement can have. */
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'

const share = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? Number.NaN

/** Above this, timers are too late, in milliseconds, and processors too much asked for, to measure times of tenths of a second. */
const latenessMsMax = 15
const loadMax = 1.5

/**
 * Why times cannot be measured on this machine now; undefined when they can. To be asked before the measurement: then it is others who
 * keep the machine busy.
 */
export const tooBusy = async (): Promise<string | undefined> => {
  const load = (loadavg()[0] ?? 0) / availableParallelism()
  const late: number[] = []
  for (let i = 0; i < 100; i++) {
    const at = performance.now()
    await pause(20)
    late.push(performance.now() - at - 20)
  }
  const lateMs = share(late, 0.95)
  if (load <= loadMax && lateMs <= latenessMsMax) return undefined
  return `others keep this machine too busy to measure on: ${load.toFixed(1)} processes for each processor, timers ${lateMs.toFixed(0)} ms late`
}
