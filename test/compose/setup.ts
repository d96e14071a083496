/** Vitest's global set-up: the shop as `docker compose up` runs it, from nothing, and nothing of it left afterwards. */
import type { TestProject } from 'vitest/node'
import { openControl } from '../scenarios/control.ts'
import { compose, down, ports, start, up } from './project.ts'

export default async (project: TestProject) => {
  await down('--volumes')
  const begunAt = Date.now()
  console.log('compose: building and starting, a few minutes the first time …')
  // Vitest runs no tear-down when the set-up fails.
  await up('--build').catch(async (error) => {
    console.error(await compose(['logs', '--tail', '5']).catch(String))
    await down('--volumes')
    throw error
  })
  console.log(`compose: healthy after ${((Date.now() - begunAt) / 1_000).toFixed(0)} s`)
  const control = await openControl({
    halt: async (service) => void (await compose(['stop', service])),
    start,
    // To the engine a kill by hand is a stop by hand: it does not start the container again by itself.
    kill: async (service) => {
      await compose(['kill', service])
      await start(service)
    },
    check: (args) =>
      compose(['run', '--rm', '-T', 'check', 'node', 'tools/check/main.ts', ...args], 180_000).then(
        (output) => ({ code: 0, output }),
        (error: Error & { code?: number }) => ({ code: error.code ?? -1, output: error.message }),
      ),
  })
  const urls = Object.fromEntries(Object.entries(ports).map(([service, port]) => [service, `http://127.0.0.1:${port}`]))
  project.provide('shop', { urls, control: control.url })
  return async () => {
    control.close()
    await down('--volumes')
  }
}
