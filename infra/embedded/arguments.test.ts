import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { Misuse } from '@shop/command-line'
import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

test('without arguments: the .data folder of the repository, kept', () => {
  expect(readArguments([], {})).toEqual({
    fresh: false,
    faults: false,
    dashboard: true,
    relay: 'outbox',
    dataDir: join(import.meta.dirname, '..', '..', '.data'),
    broker: 'kafka',
  })
})

test('a data folder is relative to where npm was called', () => {
  const dataDir = resolve(process.env.INIT_CWD ?? process.cwd(), 'mine')
  const args = ['--fresh', '--faults', '--no-dashboard', '--data-dir', 'mine', '--relay', 'cdc']
  const others = { fresh: true, faults: true, dashboard: false }
  expect(readArguments(args, {})).toEqual({ ...others, relay: 'cdc', dataDir, broker: 'kafka' })
})

test('a variant has no dashboard, and its own relay', () => {
  expect(readArguments(['--variant', 'two-phase'], {})).toMatchObject({ dashboard: false, variant: 'two-phase', relay: 'outbox' })
  expect(() => readArguments(['--variant', 'two-phase', '--relay', 'cdc'], {})).toThrow(Misuse)
  expect(() => readArguments(['--variant', 'three-phase'], {})).toThrow('three-phase')
})

test.each([
  { args: ['--frehs'], text: "Unknown option '--frehs'" },
  { args: ['order'], text: "Unexpected argument 'order'" },
  { args: ['--data-dir'], text: "Option '--data-dir <value>' argument missing" },
  { args: ['--data-dir='], text: '--data-dir needs a path' },
  { args: ['--relay', 'none'], text: "there is no relay 'none': one of outbox, cdc" },
  { args: ['--fresh=yes'], text: "Option '--fresh' does not take an argument" },
])('$args is refused in one line', ({ args, text }) => {
  const reading = () => readArguments(args, {})
  expect(reading).toThrow(Misuse)
  expect(reading).toThrow(text)
  expect(reading).toThrow(/^.*$/)
})

test('the command itself: --help ends with 0, a wrong option with 2', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' })
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--fresh') })
  expect(run('--wrong')).toMatchObject({ status: 2, stderr: expect.stringContaining("Unknown option '--wrong'") })
})
