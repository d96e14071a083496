import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Misuse } from '@shop/command-line'
import { describe, expect, test } from 'vitest'
import { readRequest } from './arguments.ts'
import { faults } from './every-fault.ts'
import { help } from './help.ts'

const read = (...args: string[]) => {
  const { what, ...rest } = readRequest(args)
  if (what === 'heal' || 'help' in what) return { what, ...rest }
  return { fault: what.fault.name, given: what.given, ...rest }
}
const givenOf = (...args: string[]) => {
  const request = read(...args)
  if (!('given' in request)) throw new Error('no fault')
  return request.given
}

describe('a fault and what it is told', () => {
  test('positionals, options and their defaults', () => {
    const given = givenOf('latency', 'payment', 'kafka', '--ms', '250', '--for', '5s')
    expect([given.text('service'), given.text('party'), given.number('ms'), given.number('jitter')]).toEqual([
      'payment',
      'kafka',
      250,
      100,
    ])
    expect(given.forMs).toBe(5_000)
    expect(givenOf('latency', 'payment', 'kafka').forMs).toBe(20_000)
  })

  test('a share may be written as people do, and is all when it is left out', () => {
    expect(givenOf('refuse-payments', '30%').number('percent')).toBe(30)
    expect(givenOf('reject-deliveries').number('percent')).toBe(100)
  })

  test('a kill is over at once, or keeps down for a time', () => {
    expect(givenOf('kill', 'payment').forMs).toBe(0)
    expect(givenOf('kill', 'kafka', '--for', '1m').forMs).toBe(60_000)
  })

  test('common options stand anywhere', () => {
    expect(read('--json', 'kill', 'payment', '--target', 'compose')).toMatchObject({
      json: true,
      target: 'compose',
      fault: 'kill',
    })
    expect(read('heal', '--json')).toMatchObject({ what: 'heal', json: true })
  })
})

test.each([
  [['kil', 'payment'], "there is no fault 'kil': one of kill, pause"],
  [['kill', 'pyament'], "there is no process 'pyament': one of order, payment"],
  [['kill'], 'kill <process>: process is missing, one of order'],
  [['kill', 'payment', 'order'], "'order' is too much"],
  [['pause', 'payment', '--for', 'soon'], '--for must be a time such as 500ms, 10s or 2m'],
  [['pause', 'payment', '--for', '61m'], 'at most 60m'],
  [['restart', 'payment', '--for', '1m'], 'restart is over at once: leave out --for'],
  [['refuse-payments', '101%'], 'percent must be a whole number from 1 to 100'],
  [['scale', 'payment', '--to', '1'], 'to must be a whole number from 2 to 5'],
  [['crash-at', 'somewhere', 'payment'], "there is no point 'somewhere': one of after-receive"],
  [['crash-at', 'after-commit', 'payment', '--type', 'Nothing'], "there is no type 'Nothing': one of OrderPlaced"],
  [['kill', 'payment', '--wrong'], "Unknown option '--wrong'"],
  [['kill', 'payment', '--target', 'moon'], "there is no target 'moon'"],
])('%j is refused, and what is possible named', (args, text) => {
  const reading = () => readRequest(args as string[])
  expect(reading).toThrow(Misuse)
  expect(reading).toThrow(text as string)
})

test('the help has one line for each fault, and its own parameters behind one', () => {
  const lines = help().split('\n')
  for (const { name, about } of faults) {
    const own = lines.filter((line) => line.startsWith(`  ${name} `) && line.includes(about))
    expect(own, name).toHaveLength(1)
  }
  expect(faults.length).toBeGreaterThanOrEqual(25)
  expect(help(faults.find((f) => f.name === 'stall-at'))).toMatch(/--ms +milliseconds · 1 to 600000 · default 5000/)
})

test('the command itself: help ends with 0, a wrong name with 2, no shop with 1', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' })
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('refuse-payments') })
  expect(run('wrong')).toMatchObject({ status: 2, stderr: expect.stringContaining("there is no fault 'wrong'") })
  const nowhere = ['kill', 'payment', '--target', 'embedded', '--data-dir', '/nowhere']
  expect(run(...nowhere)).toMatchObject({ status: 1, stderr: expect.stringContaining('no shop runs here (looked for /nowhere') })
})
