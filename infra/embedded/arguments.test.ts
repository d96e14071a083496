import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readArguments } from './main.ts'

test('without arguments: the .data folder of the repository, kept', () => {
  expect(readArguments([], '/somewhere')).toEqual({
    fresh: false,
    faults: false,
    dashboard: true,
    dataDir: join(import.meta.dirname, '..', '..', '.data'),
  })
})

test('a data folder is relative to where npm was called', () => {
  const args = ['--fresh', '--faults', '--no-dashboard', '--data-dir', 'mine']
  expect(readArguments(args, '/somewhere')).toEqual({ fresh: true, faults: true, dashboard: false, dataDir: '/somewhere/mine' })
})

test.each([
  { args: ['--frehs'], text: "Unknown option '--frehs'" },
  { args: ['order'], text: "Unexpected argument 'order'" },
  { args: ['--data-dir'], text: "Option '--data-dir <value>' argument missing" },
  { args: ['--data-dir='], text: '--data-dir needs a folder' },
  { args: ['--fresh=yes'], text: "Option '--fresh' does not take an argument" },
])('$args is refused in one line', ({ args, text }) => {
  const refusal = readArguments(args, '/') as { text: string; exitCode: number }
  expect(refusal.exitCode).toBe(2)
  expect(refusal.text).toContain(text)
  expect(refusal.text).not.toContain('\n')
})

test('the command itself: --help ends with 0, a wrong option with 2', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' })
  expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--fresh') })
  expect(run('--wrong')).toMatchObject({ status: 2, stderr: expect.stringContaining("Unknown option '--wrong'") })
})
