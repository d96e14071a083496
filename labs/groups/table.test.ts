import { expect, test } from 'vitest'
import type { Outcome } from './acts.ts'
import { pageOf } from './page.ts'
import { tableOf, textOf } from './table.ts'
import { linesOf } from './view.ts'

const outcome: Outcome = {
  act: 'b joins',
  members: 'a: 0, b: 1',
  tookMs: 1_240,
  standstillMs: [300, 1_800],
  again: 5,
  remark: '',
  deviations: [],
}

test('the live view names owners, those who idle, and what lies between committed and end', () => {
  const lines = linesOf('b joins', {
    state: 'Stable',
    members: [
      { name: 'a', partitions: [0] },
      { name: 'b', partitions: [] },
    ],
    partitions: [
      { partition: 0, committed: 70, end: 95, lag: 25 },
      { partition: 1, committed: undefined, end: 3, lag: 3 },
    ],
  })
  expect(lines).toEqual([
    'b joins',
    'Stable, members: a b, idle: b',
    'partition  member    committed       end   lag',
    '        0  a                70        95    25  ###',
    '        1  nobody            –         3     3  #',
  ])
})

test('an act as lines, and as a row', () => {
  expect(textOf([outcome])).toBe(
    'b joins\n  a: 0, b: 1\n  calm after 1.2 s; partitions stood still for 0.3 1.8 s; read again: 5\n  as expected',
  )
  expect(tableOf([outcome])).toContain('| b joins | a: 0, b: 1 | 1.2 | 0.3 1.8 | 5 | as expected |')
})

test('what is not as expected is said, and by whom the page was written', () => {
  const wrong = { ...outcome, deviations: ['partition 1 has 0 owners'] }
  expect(textOf([wrong])).toContain('NOT as expected: partition 1 has 0 owners')
  expect(pageOf('npm run lab -- groups --seed 4', [wrong])).toContain('Written by `npm run lab -- groups --seed 4`')
})
