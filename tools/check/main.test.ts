import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

const nowhere = { KAFKA_BROKERS: '127.0.0.1:1', POSTGRES_URL: 'postgres://x:x@127.0.0.1:1/x', MONGO_URL: 'mongodb://127.0.0.1:1' }

const run = (args: readonly string[], env: Readonly<Record<string, string>>) => {
  const { KAFKA_BROKERS: _, POSTGRES_URL: __, MONGO_URL: ___, ...inherited } = process.env
  const main = join(import.meta.dirname, 'main.ts')
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { ...inherited, ...env }, timeout: 30_000 })
}

test('says which settings are missing when no shop runs here', () => {
  expect(() => readSettings({ env: { MONGO_URL: 'mongodb://localhost' }, dataDir: '/nowhere' })).toThrow(
    'no shop to check: no shop runs here (no /nowhere/run.json): run npm start, or set KAFKA_BROKERS, POSTGRES_URL',
  )
})

test('ends with 2 without a shop', () => {
  const { status, stderr } = run(['--data-dir', '/nowhere'], {})
  expect(stderr).toMatch(/^check: no shop to check: .* run npm start, or set KAFKA_BROKERS, POSTGRES_URL, MONGO_URL\n$/)
  expect(status).toBe(2)
})

test('ends with 2 and one line that names what cannot be reached', () => {
  const { status, stdout, stderr } = run([], nowhere)
  expect(stderr).toMatch(/^check: MongoDB cannot be read: .*ECONNREFUSED.*npm start.*\n$/)
  expect(stdout).toBe('')
  expect(status).toBe(2)
}, 30_000)

test('ends with 2 for an option that does not exist', () => {
  const { status, stderr } = run(['--wiat', '3'], nowhere)
  expect(stderr).toMatch(/^check: .*--wiat.*; --help tells the options\n$/)
  expect(status).toBe(2)
})

test('tells its options', () => {
  const { status, stdout } = run(['--help'], nowhere)
  expect(stdout).toContain('--wait SECONDS')
  expect(status).toBe(0)
})
