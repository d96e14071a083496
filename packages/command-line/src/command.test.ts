import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { command, helpOf, readCommand } from './command.ts'
import { flag, number, oneOf, option, optionList, optionOr, path, text, wholeNumber } from './options.ts'
import { Misuse } from './refusals.ts'

const paint = command({
  name: 'paint',
  usage: 'npm run paint -- <wall> [options]',
  about: 'Paints a wall.',
  operands: [['<wall>', 'which one']],
  options: {
    coats: optionOr('N', 'how many\ntimes', wholeNumber(1, 9), 1),
    colour: option('NAME', 'of the paint', oneOf(['red', 'blue'])),
    share: option('SHARE', 'of the wall', number(0, 1)),
    name: optionList('TEXT', 'who is to know', text),
    out: option('FILE', 'where it is written down', path),
    dry: flag('only says so'),
  },
  notes: 'Dries overnight.',
  examples: [['npm run paint -- north --coats 2', 'twice']],
  exitCodes: '0 painted, 1 not painted, 2 the request makes no sense',
})

describe('what is given', () => {
  test('is read by the options, with what they are when they are left out', () => {
    const given = readCommand(paint, ['north', '--coats', '2', '--name', 'a', '--dry', '--name=b', '--colour', 'red'])
    expect(given).toEqual({
      operands: ['north'],
      options: { coats: 2, colour: 'red', share: undefined, name: ['a', 'b'], out: undefined, dry: true },
    })
    expect(readCommand(paint, [])?.options).toEqual({ coats: 1, dry: false })
    expect(readCommand(paint, ['--coats', '2', '--coats', '3'])?.options.coats).toBe(3)
  })

  test('has the type that its option makes of it', () => {
    const given = readCommand(paint, [])
    expectTypeOf(given?.options.coats).toEqualTypeOf<number | undefined>()
    expectTypeOf(given?.options.colour).toEqualTypeOf<'red' | 'blue' | undefined>()
    expectTypeOf(given?.options.dry).toEqualTypeOf<boolean | undefined>()
  })

  test('a path counts from where npm was called', () => {
    expect(readCommand(paint, ['--out', 'a/b'])?.options.out).toBe(resolve(process.env.INIT_CWD ?? process.cwd(), 'a/b'))
  })

  test.each(['--help', '-h'])('%s asks for help, whatever else is there', (help) => {
    expect(readCommand(paint, ['north', '--coats', '20', help])).toBeUndefined()
  })
})

test.each([
  [['--caots', '2'], "Unknown option '--caots'; --help tells the options"],
  [['--coats'], "Option '--coats <value>' argument missing; --help tells the options"],
  [['--dry=yes'], "Option '--dry' does not take an argument; --help tells the options"],
  [['--coats', '0'], "--coats must be a whole number from 1 to 9, not '0'"],
  [['--coats', '1.5'], "--coats must be a whole number from 1 to 9, not '1.5'"],
  [['--coats='], "--coats must be a whole number from 1 to 9, not ''"],
  [['--share', '2'], "--share must be a number from 0 to 1, not '2'"],
  [['--colour', 'green'], "there is no colour 'green': one of red, blue"],
  [['--out='], '--out needs a path'],
])('%j makes no sense, and one line says why', (args, line) => {
  expect(() => readCommand(paint, args as string[])).toThrow(new Misuse(line as string))
})

test('a command without operands takes none', () => {
  const { operands: _, ...without } = paint
  expect(() => readCommand(without, ['north'])).toThrow("Unexpected argument 'north'")
})

test('the help has one look: usage, what it does, what there is, notes, examples, exit codes', () => {
  expect(helpOf(paint)).toBe(`npm run paint -- <wall> [options]

Paints a wall.

  <wall>         which one

  --coats N      how many
                 times
  --colour NAME  of the paint
  --share SHARE  of the wall
  --name TEXT    who is to know
  --out FILE     where it is written down
  --dry          only says so
  --help         this text

Dries overnight.

Examples
  npm run paint -- north --coats 2  twice

Exit code: 0 painted, 1 not painted, 2 the request makes no sense.`)
})

describe('a process', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'testing/paint.ts'), ...args], { encoding: 'utf8' })

  test.each([
    [['fine'], 0, 'painted fine\n', ''],
    [['badly'], 1, 'painted badly\n', ''],
    [['refused'], 1, '', 'paint: the wall is wet\n'],
    [['unreadable'], 2, '', 'paint: there is no wall\n'],
    [['failed'], 7, '', 'paint: the bucket is empty\n'],
    [['--wrong'], 2, '', "paint: Unknown option '--wrong'; --help tells the options\n"],
  ])('%j', (args, status, stdout, stderr) => {
    expect(run(...(args as string[]))).toMatchObject({ status, stdout, stderr })
  })

  test('--help goes to stdout', () => {
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Exit code: 0 painted'), stderr: '' })
  })

  test('a defect shows where it is', () => {
    expect(run('defect')).toMatchObject({ status: 7, stderr: expect.stringMatching(/^paint: TypeError: .*\n +at /) })
  })
})
