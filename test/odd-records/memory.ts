/** How much memory the services took at most. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Resident, in MB: the most so far where the system counts it (Linux), else now. 0 when it has ended. */
const peakMbOf = (pid: number): number => {
  const status = `/proc/${pid}/status`
  try {
    const kb = existsSync(status)
      ? /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(status, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
    return Number(kb ?? 0) / 1_024
  } catch {
    return 0
  }
}

export class Memory {
  /** By service. */
  readonly peakMb = new Map<string, number>()

  look(pids: ReadonlyMap<string, number>): void {
    for (const [name, pid] of pids) this.peakMb.set(name, Math.max(this.peakMb.get(name) ?? 0, Math.round(peakMbOf(pid))))
  }
}
