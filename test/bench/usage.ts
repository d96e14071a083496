import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second: proc(5), /proc/pid/stat. */
const tickMs = 10

interface Stat {
  readonly parent: number
  /** Its own and that of its children that have ended. */
  readonly cpuMs: number
}

const statOf = (pid: number): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15)
    return { parent: fields[1] ?? 0, cpuMs: (utime + stime + cutime + cstime) * tickMs }
  } catch {
    return undefined // ended meanwhile
  }
}

/** In MB; what several processes share, as PostgreSQL's do, is divided among them. */
const residentMbOf = (pid: number): number => {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1_024
  } catch {
    return 0 // ended meanwhile
  }
}

/** Of all processors and all processes, these and others. */
const busyMs = (): number => {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  )
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * tickMs
}

type Pids = Readonly<Record<string, readonly number[]>>

/** Each process with all its descendants. */
const families = (pids: Pids): Map<string, { pid: number; stat: Stat }[]> => {
  const stats = new Map<number, Stat>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (stat) stats.set(Number(name), stat)
  }
  const children = Map.groupBy(stats.keys(), (pid) => stats.get(pid)?.parent ?? 0)
  const family = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(family)]
  const known = (pid: number) => {
    const stat = stats.get(pid)
    return stat ? [{ pid, stat }] : []
  }
  return new Map(Object.entries(pids).map(([name, roots]) => [name, roots.flatMap(family).flatMap(known)]))
}

export interface Usage {
  readonly atMs: number
  /** Processor time so far, by process; user and system together, in milliseconds. */
  readonly cpuMs: Readonly<Record<string, number>>
  /** All processors together, whoever used them. */
  readonly busyMs: number
}

const own = 'load'

/** What the named processes have used so far, and this one alone, which makes the load. */
export const usageOf = (pids: Pids): Usage => {
  const { user, system } = process.cpuUsage()
  const sums = [...families(pids)].map(([name, all]) => [name, all.reduce((sum, { stat }) => sum + stat.cpuMs, 0)])
  return { atMs: performance.now(), cpuMs: { ...Object.fromEntries(sums), [own]: (user + system) / 1_000 }, busyMs: busyMs() }
}

/** Resident memory in MB, by process. */
export const memoryOf = (pids: Pids): Record<string, number> => {
  const sums = [...families(pids)].map(([name, all]) => [name, all.reduce((sum, { pid }) => sum + residentMbOf(pid), 0)])
  return { ...Object.fromEntries(sums), [own]: process.memoryUsage.rss() / 1_048_576 }
}
