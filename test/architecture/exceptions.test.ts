import { describe, expect, test } from 'vitest'
import { grownSizes, newBreaches, shrunk } from './exceptions.ts'
import { meaningOf, sizesOf } from './measures.ts'
import { repositoryOf } from './repository.ts'

type Files = Record<string, string>

describe('a planted size is measured', () => {
  const sizes: [string, Files, Record<string, number>][] = [
    ['a long file', { 'tools/a.ts': 'f()\n'.repeat(301) }, { 'lines: tools/a.ts': 301 }],
    ['a long style sheet', { 'tools/a.css': 'a {}\n'.repeat(301) }, { 'lines: tools/a.css': 301 }],
    [
      'a long function',
      { 'tools/a.ts': `const f = () => {\n${'g()\n'.repeat(69)}}\n` },
      { 'lines of function: tools/a.ts f': 71 },
    ],
    ['a declared function', { 'tools/a.ts': 'export function f() {}' }, { 'function declarations: tools/a.ts': 1 }],
    ['a constant that shouts', { 'tools/a.ts': 'const WAIT_MS = 1, ROOT = 2' }, { 'constants that shout: tools/a.ts': 2 }],
    [
      'a private member',
      { 'tools/a.ts': 'class A { private b = 1; private c() {}; constructor(readonly d: 1) {} }' },
      { 'private members: tools/a.ts': 2 },
    ],
    [
      'neither generators, assertions, classes nor tests',
      {
        'tools/a.ts': 'function* f() {}\nfunction g(x: unknown): asserts x {}\nconst URL = 1 as unknown as A',
        'tools/b.test.ts': `describe('', () => {\n${'g()\n'.repeat(80)}})`,
      },
      { 'constants that shout: tools/a.ts': 1 },
    ],
  ]
  test.each(sizes)('%s', (_what, files, size) => {
    expect(sizesOf(repositoryOf(new Map(Object.entries(files))))).toEqual(size)
  })
})

describe('the list of exceptions', () => {
  test.each([
    ['a new one', {}, { 'lines: a.ts': 301 }, /takes no new ones/],
    ['one that grew', { 'lines: a.ts': 301 }, { 'lines: a.ts': 302 }, /has grown from 301 to 302/],
    ['one that shrank', { 'lines: a.ts': 302 }, { 'lines: a.ts': 301 }, /Keep it there: npm run/],
    ['one that is gone', { 'lines: a.ts': 302 }, {}, /an exception no more/],
  ])('%s is told of', (_what, listed, now, sentence) => {
    expect(grownSizes(listed as never, now as never, meaningOf).join('\n')).toMatch(sentence)
  })

  test('a breach that is new or mended is told of', () => {
    expect(newBreaches(['a', 'b'], ['b', 'c'])).toEqual(['c', expect.stringContaining('mended: "a"')])
  })

  test('the list only shrinks', () => {
    const listed = { breaches: ['a', 'b'], sizes: { x: 80, y: 90, z: 100 } }
    const now = { breaches: ['b', 'c'], sizes: { x: 75, y: 95, w: 1 } }
    expect(shrunk(listed, now)).toEqual({ breaches: ['b'], sizes: { x: 75, y: 90 } })
  })
})
