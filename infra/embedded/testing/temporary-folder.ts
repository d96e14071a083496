import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that is gone after the test. */
export const temporaryFolder = (): string => {
  const dir = makeFolder()
  onTestFinished(() => removeFolder(dir))
  return dir
}

export const makeFolder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'shop-infra-'))
  chmodSync(dir, 0o755)
  return dir
}

export const removeFolder = (dir: string) => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
