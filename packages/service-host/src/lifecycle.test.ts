import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { FixtureProcess } from './fixtures/process.ts'

const started: FixtureProcess[] = []
const start = (scenario: string, env?: Record<string, string>): FixtureProcess => {
  const fixture = new FixtureProcess(scenario, env)
  started.push(fixture)
  return fixture
}
afterEach(async () => {
  for (const { child, exitCode } of started.splice(0)) {
    child.kill('SIGKILL')
    await exitCode
  }
})

describe('the ordered stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s stops HTTP, then the parts in order, and exits with 0', async (signal) => {
    const service = start('serve')
    const url = await service.url()
    // The connection stays open, idle: it must not hold up the stop.
    await (await fetch(`${url}/livez`)).text()
    service.child.kill(signal)
    expect(await service.exitCode).toBe(0)
    expect(service.stopped()).toEqual(['http', 'consumer', 'relay', 'producer', 'database'])
  })

  test('a request in flight is answered before the parts it needs stop; new ones are not taken', async () => {
    const service = start('serve')
    const url = await service.url()
    const slow = fetch(`${url}/slow`)
    await service.line('slow request arrived')
    service.child.kill('SIGTERM')
    await service.line('fixture stops')
    await expect
      .poll(() =>
        fetch(`${url}/livez`).then(
          () => 'answered',
          () => 'refused',
        ),
      )
      .toBe('refused')
    expect(service.stopped()).toEqual([])
    service.child.stdin?.write('go on\n')
    expect(await (await slow).json()).toEqual({ answered: true })
    expect(await service.exitCode).toBe(0)
    expect(service.stopped()[0]).toBe('http')
  })

  test('a request that does not end is cut, and the parts still stop in order', async () => {
    const service = start('stuck')
    const slow = fetch(`${await service.url()}/slow`)
    const outcome = slow.then(
      () => 'answered',
      () => 'cut',
    )
    await service.line('slow request arrived')
    service.child.kill('SIGTERM')
    expect(await service.exitCode).toBe(0)
    expect(await outcome).toBe('cut')
    expect((await service.line('connections were cut')).level).toBe('warn')
    expect(service.stopped()).toEqual(['http', 'consumer', 'relay', 'producer', 'database'])
  })

  test('a part that hangs is named, and the process ends with 1', async () => {
    const service = start('hang')
    await service.url()
    service.child.kill('SIGTERM')
    expect(await service.exitCode).toBe(1)
    expect(service.lines.at(-1)).toMatchObject({
      level: 'fatal',
      step: 'relay',
      msg: 'fixture did not stop within 0.6 s: relay hung',
    })
  })

  test('a part that fails does not keep the next from stopping', async () => {
    const service = start('reject')
    await service.url()
    service.child.kill('SIGTERM')
    expect(await service.exitCode).toBe(1)
    expect(await service.line('consumer did not stop in order: broken')).toMatchObject({ level: 'error' })
    expect(service.stopped()).toEqual(['http', 'database'])
  })

  test('the same signal again, later than one key press, exits at once', async () => {
    const service = start('serve')
    const outcome = fetch(`${await service.url()}/slow`).catch(() => undefined)
    await service.line('slow request arrived')
    const insist = setInterval(() => service.child.kill('SIGINT'), 50)
    expect(await service.exitCode).toBe(1)
    clearInterval(insist)
    await outcome
    expect(service.lines.at(-1)?.msg).toBe('fixture exits at once: second SIGINT')
  })

  test('another signal, as from a supervisor after Ctrl-C, does not break the order', async () => {
    const service = start('serve')
    const slow = fetch(`${await service.url()}/slow`)
    await service.line('slow request arrived')
    service.child.kill('SIGINT')
    await service.line('fixture stops')
    service.child.kill('SIGTERM')
    service.child.stdin?.write('go on\n')
    expect((await slow).status).toBe(200)
    expect(await service.exitCode).toBe(0)
  })

  test('a service whose parent is gone stops', async () => {
    const service = start('serve')
    await service.url()
    service.child.disconnect()
    expect(await service.exitCode).toBe(0)
    expect(service.lines.some(({ msg }) => msg === 'fixture stops: parent process gone')).toBe(true)
  })
})

describe('failures', () => {
  test('a part that cannot go on ends the process in order, with 1', async () => {
    const service = start('serve')
    await fetch(`${await service.url()}/fail`, { method: 'POST' })
    expect(await service.exitCode).toBe(1)
    expect(await service.line('fixture cannot go on: the consumer crashed for good')).toMatchObject({ level: 'fatal' })
    expect(service.stopped()).toEqual(['http', 'consumer', 'relay', 'producer', 'database'])
  })

  test.each([
    ['throw', 'uncaught out of reach'],
    ['reject', 'unhandled rejection: nobody listens'],
  ])('%s outside every handler → one fatal line, exit 1', async (route, message) => {
    const service = start('serve')
    await fetch(`${await service.url()}/${route}`, { method: 'POST' }).catch(() => undefined)
    expect(await service.exitCode).toBe(1)
    expect(service.lines.at(-1)).toMatchObject({ level: 'fatal', msg: `fixture stops at once: ${message}` })
    expect(service.stopped()).toEqual([])
  })

  test('wrong settings → one fatal line naming them, exit 1', async () => {
    const service = start('serve', { PORT: 'http', DATABASE_URL: 'shop:hidden' })
    expect(await service.exitCode).toBe(1)
    expect(service.lines).toHaveLength(1)
    expect(service.lines[0]).toMatchObject({ level: 'fatal' })
    expect(service.lines[0]?.msg).toMatch(/^fixture did not start: PORT is "http" \(.*\); DATABASE_URL is wrong \(.*\)$/)
    expect(JSON.stringify(service.lines)).not.toMatch(/hidden|"err"/)
  })

  test('a database out of reach → one fatal line with the reason, exit 1', async () => {
    const service = start('unreachable')
    expect(await service.exitCode).toBe(1)
    expect(service.lines).toHaveLength(1)
    expect(service.lines[0]).toMatchObject({ level: 'fatal', msg: 'fixture did not start: connect ECONNREFUSED 127.0.0.1:5432' })
  })

  test('a taken port → one fatal line naming port and setting, exit 1', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await expect.poll(() => other.listening).toBe(true)
    const { port } = other.address() as AddressInfo
    const service = start('serve', { PORT: String(port) })
    expect(await service.exitCode).toBe(1)
    other.close()
    expect(service.lines.map(({ msg }) => msg)).toEqual([
      `fixture did not start: port ${port} on 127.0.0.1 is already in use; set PORT to a free one`,
    ])
  })
})
