import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Lock, takeLock } from './lock-file.ts'
import { StartRefusal } from './start-refusal.ts'

const markerFile = 'shop-data.json'
/** What --fresh keeps, and what may lie in a data folder before its first use. */
const notData = new Set(['jars', 'jars.lock', 'connect-jars', 'connect-jars.lock', 'logs', 'lock'])
const freeBytesMin = 1024 ** 3

export interface DataFolder {
  readonly dir: string
  /** logs/<name>.log */
  logFile(name: string): string
  release(): void
}

/**
 * Takes a data folder for this process, making it when it is not there.
 * @param fresh removes what former runs stored in it; fetched jars are kept
 * @throws StartRefusal when the shop already runs in it, when it is no data folder of the shop, when it cannot be written, or when
 * its disk has less than 1 GiB free
 */
export const openDataFolder = (dir: string, { fresh = false } = {}): DataFolder => {
  const lock = lockFolder(dir)
  try {
    requireOwnFolder(dir)
    if (fresh)
      for (const name of readdirSync(dir))
        if (!notData.has(name) || name === 'logs') rmSync(join(dir, name), { recursive: true, force: true })
    requireSpace(dir)
    const marker = join(dir, markerFile)
    if (!existsSync(marker)) writeFileSync(marker, `${JSON.stringify({ layout: 1, createdAt: new Date().toISOString() })}\n`)
    mkdirSync(join(dir, 'logs'), { recursive: true })
  } catch (error) {
    lock.release()
    throw error
  }
  return { dir, logFile: (name) => join(dir, 'logs', `${name}.log`), release: () => lock.release() }
}

const lockFolder = (dir: string): Lock => {
  try {
    mkdirSync(dir, { recursive: true })
    accessSync(dir, constants.W_OK | constants.X_OK)
    const lock = takeLock(join(dir, 'lock'))
    if ('release' in lock) return lock
    throw new StartRefusal(
      `the shop already runs in ${dir} (pid ${lock.heldBy}): stop it with Ctrl-C or 'kill ${lock.heldBy}', or choose another folder with --data-dir`,
    )
  } catch (error) {
    if (error instanceof StartRefusal) throw error
    throw refusalOf(dir, error as NodeJS.ErrnoException)
  }
}

/** --data-dir may name anything: nothing is written into, or removed from, a folder that was not ours before. */
const requireOwnFolder = (dir: string) => {
  if (existsSync(join(dir, markerFile))) return
  const foreign = readdirSync(dir).filter((name) => !notData.has(name))
  if (foreign.length > 0) {
    throw new StartRefusal(
      `${dir} is no data folder of the shop (it holds ${foreign.slice(0, 3).join(', ')}, and no ${markerFile}): choose an empty or a new one`,
    )
  }
}

const requireSpace = (dir: string) => {
  const { bavail, bsize } = statfsSync(dir)
  if (bavail * bsize < freeBytesMin) {
    throw new StartRefusal(
      `the disk of ${dir} has ${Math.floor((bavail * bsize) / 1024 ** 2)} MiB free, the shop needs 1024: free some, or choose another folder with --data-dir`,
    )
  }
}

const refusalOf = (dir: string, { code, message }: NodeJS.ErrnoException): StartRefusal => {
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StartRefusal(
      `${dir} cannot be written by this user (${code}): give it to this user, or choose another folder with --data-dir`,
    )
  }
  return new StartRefusal(`${dir} cannot be used as data folder: ${message}`)
}

/**
 * Initialises a backend's folder once. `initialising` and `initialised` in it tell an interrupted attempt, in which nothing can be
 * stored yet and which is begun anew, from a folder that lost its files.
 * @param essential a file that every initialised folder has
 * @param initialise fills the empty folder; what it returns is kept in `initialised` and returned by every later call
 * @throws StartRefusal when the folder is neither empty nor usable
 */
export const initialiseOnce = async <Kept extends object>(
  name: string,
  folder: string,
  essential: (kept: Kept) => string,
  initialise: () => Promise<Kept>,
): Promise<Kept> => {
  const done = join(folder, 'initialised')
  const begun = join(folder, 'initialising')
  if (existsSync(done)) {
    const kept = parseKept<Kept>(done)
    const file = kept && join(folder, essential(kept))
    if (!file || !existsSync(file)) throw damaged(name, folder, file ?? done)
    return kept
  }
  if (existsSync(begun)) rmSync(folder, { recursive: true })
  else if (existsSync(folder) && readdirSync(folder).length > 0) throw damaged(name, folder, done)
  mkdirSync(folder, { recursive: true })
  writeFileSync(begun, '')
  const kept = await initialise()
  writeFileSync(done, JSON.stringify(kept), { mode: 0o600 })
  rmSync(begun)
  return kept
}

const parseKept = <Kept>(file: string): Kept | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // cut off, e.g. by a full disk
  }
}

const damaged = (name: string, folder: string, missing: string): StartRefusal => {
  return new StartRefusal(
    `the data folder of ${name}, ${folder}, is only half there (${missing} is missing or broken): put it back, or begin anew with 'npm start -- --fresh' (this deletes all data in ${dirname(folder)})`,
  )
}
