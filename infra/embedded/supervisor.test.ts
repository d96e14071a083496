import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { freePorts } from './ports.ts'
import { processIdentity } from './process-identity.ts'
import { type SupervisorOptions, supervise } from './supervisor.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

/** A service that answers 200 to everything, until it is told otherwise. */
const serverScript = `require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT, '127.0.0.1'); console.log('up')`

const start = async (script: string, more: Partial<SupervisorOptions> = {}) => {
  const dir = temporaryFolder()
  const main = join(dir, 'main.cjs')
  writeFileSync(main, script)
  const [port] = (await freePorts(1)) as [number]
  const lines: string[] = []
  const url = `http://127.0.0.1:${port}/readyz`
  const command = {
    name: 'payment',
    args: [main],
    env: { PORT: String(port) },
    cwd: dir,
    readyUrl: url,
    logFile: join(dir, 'payment.log'),
  }
  const supervisor = await supervise([command], { log: (line) => lines.push(line), restartDelayMs: 50, ...more })
  onTestFinished(() => supervisor.stop())
  return { supervisor, lines, url, logFile: command.logFile }
}

const soon = { timeout: 20_000, interval: 20 }

test('a service that was killed is started again, and the console says so', async () => {
  const changes = vi.fn()
  const { supervisor, lines, logFile } = await start(serverScript, { onChange: changes })
  await supervisor.ready()
  const first = supervisor.pid('payment') as number
  supervisor.kill('payment', 'SIGKILL')
  await vi.waitFor(() => expect(supervisor.pid('payment')).not.toBe(first), soon)
  await supervisor.ready()
  expect(lines).toEqual(['payment ended by SIGKILL, starting again in 0.05 s'])
  expect(readFileSync(logFile, 'utf8')).toBe('up\nup\n')
  expect(changes).toHaveBeenCalledTimes(3)
})

test('a service that never starts is reported with its last line, ever less often', async () => {
  const { supervisor, lines } = await start(`console.error('DATABASE_URL is missing'); process.exit(3)`)
  await vi.waitFor(() => expect(lines.length).toBeGreaterThanOrEqual(6), soon)
  expect(lines[3]).toBe('payment ended with exit code 3, starting again in 0.05 s')
  expect(lines[4]).toMatch(
    /the 5th time in a row within 5 s of its start; next try in 0.1 s\n {2}last line of .*payment.log: DATABASE_URL is missing/,
  )
  expect(lines[5]).toContain('next try in 0.2 s')
  await supervisor.stop()
  await expect(supervisor.ready()).rejects.toThrow('it was stopped')
})

test('stop asks first and kills what does not listen', async () => {
  const { supervisor, lines } = await start(`${serverScript}; process.on('SIGTERM', () => {})`, { stopTimeoutMs: 200 })
  await supervisor.ready()
  const pid = supervisor.pid('payment') as number
  await supervisor.stop()
  expect(processIdentity(pid)).toBeUndefined()
  expect(lines).toEqual([`payment (pid ${pid}) did not end within 0.2 s: killed`])
})

test('a halted service stays down until it is started', async () => {
  const { supervisor, lines } = await start(serverScript)
  await supervisor.ready()
  await supervisor.halt('payment')
  expect(supervisor.pid('payment')).toBeUndefined()
  expect(() => supervisor.kill('payment', 'SIGTERM')).toThrow('payment does not run')
  await supervisor.start('payment')
  await supervisor.ready()
  expect(lines).toEqual([])
})
