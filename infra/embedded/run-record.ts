import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { RecordedProcess, RunRecord } from '@shop/tools/running-shop'
import { awaitCondition } from './guarded-process.ts'
import { commandLine, processIdentity, sendSignal } from './process-identity.ts'

export const writeRunRecord = (file: string, record: RunRecord): void => {
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file) // a reader never sees half of it
}

export const removeRunRecord = (file: string) => rmSync(file, { force: true })

/**
 * Ends what a former run left over, if it is provably the very process that was recorded: same pid, same start time, same boot.
 * Only to be called with the data folder's lock taken, that is, with the former main process gone.
 * @throws when one is still there 15 s after it was told to end
 */
export const endLeftovers = async (file: string, log: (line: string) => void): Promise<void> => {
  if (!existsSync(file)) return
  for (const [name, { pid, identity }] of recordedIn(file)) {
    const isOurs = () => identity !== undefined && processIdentity(pid) === identity
    if (!isOurs()) continue
    log(`ending ${name} (pid ${pid}), left over by a former run: ${commandLine(pid).slice(0, 80)}`)
    sendSignal(pid, 'SIGCONT')
    // PostgreSQL: SIGINT is its fast shutdown, SIGTERM would wait for the clients
    sendSignal(pid, name === 'PostgreSQL' ? 'SIGINT' : 'SIGTERM')
    const killAtMs = performance.now() + 10_000
    await awaitCondition(
      `${name} (pid ${pid}) of a former run does not end`,
      () => {
        if (performance.now() > killAtMs) sendSignal(pid, 'SIGKILL')
        return !isOurs()
      },
      { timeoutMs: 15_000 },
    )
  }
  removeRunRecord(file)
}

const recordedIn = (file: string): [string, RecordedProcess][] => {
  try {
    const { services, others = {}, backends } = JSON.parse(readFileSync(file, 'utf8')) as RunRecord
    return [...Object.entries(services), ...Object.entries(others), ...Object.entries(backends)]
  } catch {
    return [] // cut off by a full disk: the ports tell what is left
  }
}
