/** Processor time of a process and of all that descends from it; of Linux, elsewhere 0. */
import { readdirSync, readFileSync } from 'node:fs'

/** proc(5): hundredths of a second. */
const tickMs = 10

interface Stat {
  readonly pid: number
  readonly parent: number
  readonly cpuMs: number
}

const statOf = (pid: number): Stat[] => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number) // prettier-ignore
    // its own, and that of children that have ended
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15)
    return [{ pid, parent: fields[1] ?? 0, cpuMs: (utime + stime + cutime + cstime) * tickMs }]
  } catch {
    return [] // ended meanwhile
  }
}

const allStats = (): readonly Stat[] => {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? statOf(Number(name)) : []))
  } catch {
    return []
  }
}

/** By name, in milliseconds. */
export const cpuOf = <Name extends string>(pids: Readonly<Record<Name, number | undefined>>): Record<Name, number> => {
  const stats = allStats()
  const family = (pid: number): number =>
    stats.reduce((sum, s) => sum + (s.pid === pid ? s.cpuMs : s.parent === pid ? family(s.pid) : 0), 0)
  const entries = Object.entries<number | undefined>(pids).map(([name, pid]) => [name, pid === undefined ? 0 : family(pid)])
  return Object.fromEntries(entries) as Record<Name, number>
}
