/** The kit's bench itself, on real servers: small, so that its figures mean nothing but that they are there. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { StoreFigures } from './stores.ts'

const run = promisify(execFile)
const main = join(import.meta.dirname, 'main.ts')

test('kit and bare statements are measured on every store, and the relay and Kafka', async () => {
  const { stdout } = await run(process.execPath, [main, '--seconds', '0.1', '--turns', '1', '--json'], { timeout: 150_000 })
  const { stores, relay, kafka } = JSON.parse(stdout)
  const lines = ['memory', 'PostgreSQL', 'MongoDB server'].flatMap((store) =>
    [1, 20, 100, 200].flatMap((size) => [`${store} ${size} first`, `${store} ${size} later`]),
  )
  expect(stores.map(({ store, size, event }: StoreFigures) => `${store} ${size} ${event}`)).toEqual(lines)
  const figures = [...stores.map((s: StoreFigures) => s.kit), ...Object.values(relay), ...Object.values(kafka)]
  expect(figures).toHaveLength(24 + 3 + 6)
  for (const perSecond of figures) expect(perSecond).toBeGreaterThan(0)
  for (const { bare } of stores.slice(8)) expect(bare).toBeGreaterThan(0)
}, 180_000)

test('a request that makes no sense is told what to do', async () => {
  await expect(run(process.execPath, [main, '--seconds', 'many'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--seconds must be a number from 0.1 to 600'),
  })
})
