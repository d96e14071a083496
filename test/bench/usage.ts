import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second: proc(5), /proc/pid/stat. */
const tickMs = 10
const pageKb = 4

interface Stat {
  readonly parent: number
  /** Its own and that of its children that have ended. */
  readonly cpuMs: number
  readonly residentKb: number
}

const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15)
    return {
      parent: fields[1] ?? 0,
      cpuMs: (utime + stime + cutime + cstime) * tickMs,
      residentKb: (fields[21] ?? 0) * pageKb,
    }
  } catch {
    return undefined // ended meanwhile
  }
}

export interface Usage {
  readonly cpuMs: Readonly<Record<string, number>>
  readonly residentMb: Readonly<Record<string, number>>
}

/** What the named processes have used so far, each with all its descendants, and this one alone, which makes the load. */
export const usageOf = (pids: Readonly<Record<string, readonly number[]>>): Usage => {
  const stats = new Map<number, Stat>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (stat) stats.set(Number(name), stat)
  }
  const children = Map.groupBy(stats.keys(), (pid) => stats.get(pid)?.parent ?? 0)
  const family = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(family)]
  const total = (roots: readonly number[], figure: (stat: Stat) => number) =>
    roots.flatMap(family).reduce((sum, pid) => sum + (figure(stats.get(pid) ?? { parent: 0, cpuMs: 0, residentKb: 0 }) || 0), 0)
  const each = (figure: (roots: readonly number[]) => number) =>
    Object.fromEntries(Object.entries(pids).map(([name, roots]) => [name, figure(roots)]))
  const own = process.cpuUsage()
  return {
    cpuMs: { ...each((roots) => total(roots, (s) => s.cpuMs)), load: (own.user + own.system) / 1_000 },
    residentMb: { ...each((roots) => total(roots, (s) => s.residentKb) / 1_024), load: process.memoryUsage.rss() / 1_048_576 },
  }
}
