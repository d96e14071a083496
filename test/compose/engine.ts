import { execFileSync } from 'node:child_process'

/** True when a container engine answers and `docker compose` is there. */
export const hasEngine = (): boolean => {
  try {
    execFileSync('docker', ['info'], { stdio: 'ignore', timeout: 20_000 })
    execFileSync('docker', ['compose', 'version'], { stdio: 'ignore', timeout: 20_000 })
    return true
  } catch {
    return false
  }
}
