/** How much of the machine a measurement can have. */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, loadavg, setPriority } from 'node:os'
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

const preferredPriority = -15

/**
 * Lets the browser have a processor when it wants one, as on a reader's own machine, although the whole shop runs beside it. For root
 * on Linux alone; elsewhere it changes nothing.
 */
export const preferBrowser = (): void => {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return
  for (const pid of descendants(process.pid)) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (/chrom/i.test(command)) setPriority(pid, preferredPriority)
    } catch {} // it has ended meanwhile
  }
}

const parentOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

const descendants = (root: number): number[] => {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    try {
      parents.set(Number(name), parentOf(Number(name)))
    } catch {} // it has ended meanwhile
  }
  const isBelow = (pid: number): boolean => pid === root || (parents.has(pid) && pid !== 0 && isBelow(parents.get(pid) ?? 0))
  return [...parents.keys()].filter(isBelow)
}
