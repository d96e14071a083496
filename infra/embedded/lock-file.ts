import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { processIdentity } from './process-identity.ts'

export interface Lock {
  release(): void
}

interface Owner {
  pid: number
  identity: string | undefined
}

/**
 * Takes the lock for this process, or tells the pid of the living process that has it. A lock whose owner is gone (also when its
 * pid is another process's by now) is taken over.
 */
export const takeLock = (file: string): Lock | { heldBy: number } => {
  mkdirSync(dirname(file), { recursive: true })
  const own: Owner = { pid: process.pid, identity: processIdentity(process.pid) }
  const draft = `${file}.${process.pid}`
  // linked, not written in place: whoever sees the lock sees its owner too
  writeFileSync(draft, JSON.stringify(own))
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (linked(draft, file)) return { release: () => rmSync(file, { force: true }) }
      const owner = readOwner(file)
      if (owner && owner.identity !== undefined && processIdentity(owner.pid) === owner.identity) return { heldBy: owner.pid }
      rmSync(file, { force: true })
    }
    throw new Error(`the lock ${file} changes hands all the time`)
  } finally {
    rmSync(draft, { force: true })
  }
}

const linked = (draft: string, file: string): boolean => {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const readOwner = (file: string): Owner | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // released meanwhile
  }
}
