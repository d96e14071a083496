/** The compose file as a project of its own, so that the tests leave a shop that somebody runs alone (but for the ports). */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ServiceName } from '@shop/choreography'
import { participants } from '@shop/manifest'

export const root = join(import.meta.dirname, '../..')
export const projectName = 'saga-shop-test'
/** As the compose file has them, inside its networks and on this machine. */
export const ports = Object.fromEntries(participants.map(({ name, port }) => [name, port])) as Readonly<
  Record<ServiceName, number>
>
const outputBytesMax = 16 * 1024 * 1024

/**
 * Runs `docker compose` with these arguments, on the files of the repository or of another folder.
 * @throws with its output when it fails or takes longer than `boundMs`.
 */
export const compose = async (args: readonly string[], boundMs = 120_000, folder = root): Promise<string> => {
  const run = promisify(execFile)
  try {
    const { stdout } = await run('docker', ['compose', '-p', projectName, ...args], {
      cwd: folder,
      timeout: boundMs,
      maxBuffer: outputBytesMax,
    })
    return stdout
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string }
    throw Object.assign(new Error(`docker compose ${args.join(' ')} failed (${code}):\n${stdout}${stderr}`.slice(0, 20_000)), {
      code,
      stdout,
    })
  }
}

const startMsMax = 600_000

/** Starts everything, and waits until it is healthy. With `--build` it builds what has changed, which once a run is enough. */
export const up = (...args: readonly string[]): Promise<string> => compose(['up', '-d', '--wait', ...args], startMsMax)
const startAgainMsMax = 60_000
const startPollMs = 500

/** Starts a service that was stopped or killed. What it depends on may count as unhealthy for a moment, for which compose does not wait. */
export const start = async (service: string): Promise<void> => {
  const deadline = Date.now() + startAgainMsMax
  for (;;) {
    try {
      await compose(['start', service])
      return
    } catch (error) {
      if (Date.now() > deadline || !/unhealthy/.test((error as Error).message)) throw error
      await pause(startPollMs)
    }
  }
}
export const down = (...args: readonly string[]): Promise<string> =>
  compose(['down', '--timeout', '20', '--remove-orphans', ...args])
