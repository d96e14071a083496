import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Tells one process from another that got the same pid later, also after a reboot; undefined when there is no such process.
 * A zombie counts as gone: it holds no port and no file.
 */
export const processIdentity = (pid: number): string | undefined => {
  if (process.platform !== 'linux') return identityFromPs(pid)
  try {
    const stat = fieldsOfStat(pid)
    if (stat.state === 'Z') return undefined
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${stat.startedAtTicks}`
  } catch {
    return undefined
  }
}

/** The command line with spaces between its arguments; '' when the process is gone or the system does not tell. */
export const commandLine = (pid: number): string => {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** undefined when the process is gone, or the system does not tell. */
export const parentOf = (pid: number): number | undefined => {
  try {
    if (process.platform === 'linux') return fieldsOfStat(pid).parent
    return Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }))
  } catch {
    return undefined
  }
}

/** All processes below this one, nearest first. PostgreSQL's backends are such: signals to the postmaster do not reach them. */
export const descendants = (pid: number): number[] => {
  const childrenOf = new Map<number, number[]>()
  for (const [child, parent] of everyParent()) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), child])
  const found: number[] = []
  for (let next = [pid]; next.length > 0; ) {
    next = next.flatMap((parent) => childrenOf.get(parent) ?? [])
    found.push(...next)
  }
  return found
}

/** Sends a signal; false when the process is gone already. */
export const sendSignal = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

const everyParent = (): [child: number, parent: number][] => {
  if (process.platform !== 'linux') {
    const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    return table
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  }
  const pairs: [number, number][] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      pairs.push([Number(name), fieldsOfStat(Number(name)).parent])
    } catch {
      // ended while we were reading
    }
  }
  return pairs
}

const fieldsOfStat = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // the second field is the name in brackets and may itself hold brackets and spaces
  const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state, parent: Number(parent), startedAtTicks: rest[17] }
}

const identityFromPs = (pid: number): string | undefined => {
  try {
    const [state, ...startedAt] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    return state?.startsWith('Z') ? undefined : startedAt.join(' ')
  } catch {
    return undefined
  }
}
