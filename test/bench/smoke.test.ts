/** The bench itself, on a shop of its own: small, so that its figures mean nothing but that they are there and agree. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { cpuOf, type Report } from './figures.ts'

const main = join(import.meta.dirname, 'main.ts')
const folder = mkdtempSync(join(tmpdir(), 'shop-bench-test-'))
const out = join(folder, 'report.json')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('orders of a fresh shop with a past are measured to their end, and every invariant holds', async () => {
  const load = ['--in-flight', '10', '--seconds', '2', '--warm-up', '1', '--fail', '30', '--phases', 'max,5', '--past', '300']
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...load, '--out', out], { timeout: 200_000 })
  const { phases, check, durability }: Report = JSON.parse(readFileSync(out, 'utf8'))
  expect(check).toMatch(/invariants hold, 0 violated/)
  expect(durability.join()).toMatch(/fsync=on.*synchronous_commit=on.*acks=all.*"j":true/)
  expect(phases.map((p) => p.name)).toEqual(['max', 'gentle'])
  for (const p of phases) {
    expect(p.accepted).toBeGreaterThan(5)
    expect(p.confirmed + p.cancelled).toBe(p.accepted)
    expect(p.confirmed).toBeGreaterThan(0)
    expect(p.latency.count).toBe(p.accepted)
    // OrderPlaced and an end at least, whatever became of the order
    expect(p.eventsPerSecond * p.seconds).toBeGreaterThanOrEqual(2 * p.accepted)
    expect(Object.keys(p.cpuMsPerOrder)).toEqual(expect.arrayContaining(['order', 'Kafka', 'PostgreSQL', 'MongoDB', 'load']))
    expect(cpuOf(p)).toBeGreaterThan(0)
    expect(p.transactionsPerOrder).toBeGreaterThan(0)
    expect(p.postgresCommitsPerOrder).toBeGreaterThan(0)
  }
  expect(phases[0]?.cancelled).toBeGreaterThan(0)
  expect(stdout).toMatch(/completed orders\/s +\d/)
}, 220_000)
