import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { awaitCondition } from './guarded-process.ts'
import { commandLine, processIdentity, sendSignal } from './process-identity.ts'

export interface RecordedProcess {
  pid: number
  /** tells it from a later process with the same pid */
  identity: string | undefined
  url: string
  log: string
}

/** `<data folder>/run.json`: what runs now, for fault scripts and the checker. It is there from the first process to a clean stop. */
export interface RunRecord {
  pid: number
  startedAt: string
  dataDir: string
  kafkaBrokers: string
  postgresUrl: string
  mongoUrl: string
  /** for the services' admin routes; only the owner of the file may read it */
  adminToken: string
  /** where fault scripts ask the process that runs the shop; absent until the services run */
  doorUrl?: string
  /** a backend given by the environment is not here: it is not ours */
  backends: Record<string, RecordedProcess>
  /** `url` is the base URL, without a path; a service that is down just now is missing; `database` is, where it has none */
  services: Record<string, RecordedProcess & { database?: string }>
  /** what else runs: further processes of a service, the proxies of --faults */
  others: Record<string, RecordedProcess>
}

export function writeRunRecord(file: string, record: RunRecord): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file) // a reader never sees half of it
}

export const removeRunRecord = (file: string) => rmSync(file, { force: true })

/**
 * Ends what a former run left over, if it is provably the very process that was recorded: same pid, same start time, same boot.
 * Only to be called with the data folder's lock taken, that is, with the former main process gone.
 * @throws when one is still there 15 s after it was told to end
 */
export async function endLeftovers(file: string, log: (line: string) => void): Promise<void> {
  if (!existsSync(file)) return
  for (const [name, { pid, identity }] of recordedIn(file)) {
    const isOurs = () => identity !== undefined && processIdentity(pid) === identity
    if (!isOurs()) continue
    log(`ending ${name} (pid ${pid}), left over by a former run: ${commandLine(pid).slice(0, 80)}`)
    sendSignal(pid, 'SIGCONT')
    // PostgreSQL: SIGINT is its fast shutdown, SIGTERM would wait for the clients
    sendSignal(pid, name === 'PostgreSQL' ? 'SIGINT' : 'SIGTERM')
    const killAtMs = Date.now() + 10_000
    await awaitCondition(
      `${name} (pid ${pid}) of a former run does not end`,
      () => {
        if (Date.now() > killAtMs) sendSignal(pid, 'SIGKILL')
        return !isOurs()
      },
      { timeoutMs: 15_000 },
    )
  }
  removeRunRecord(file)
}

function recordedIn(file: string): [string, RecordedProcess][] {
  try {
    const { services, others = {}, backends } = JSON.parse(readFileSync(file, 'utf8')) as RunRecord
    return [...Object.entries(services), ...Object.entries(others), ...Object.entries(backends)]
  } catch {
    return [] // cut off by a full disk: the ports tell what is left
  }
}
