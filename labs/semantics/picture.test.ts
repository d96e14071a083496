import { expect, it } from 'vitest'
import { picturePage } from './picture.ts'
import type { Row } from './row.ts'

const row = (mode: string, lost: number): Row => ({
  mode,
  title: `title of ${mode}`,
  why: 'since <it> is so',
  expected: { lost: 'some', doubled: 'none', outOfOrder: 'none' },
  counts: { sent: 10, handled: 10 - lost, lost, doubled: 0, outOfOrder: 0, perSecond: 5 },
  deviations: [],
})

it('draws the counts of each mode beside its table and its reason', () => {
  const setting = { command: 'npm run lab -- semantics', payments: 10, kills: 2 }
  const page = picturePage(setting, [{ seed: 1, rows: [row('commit-first', 3), row('acks-0', 2)] }])
  for (const expected of [
    'A consumer is killed',
    'The leader is killed',
    '3 lost',
    '2 lost',
    '3 (&gt; 0)',
    'since &lt;it&gt; is so',
  ])
    expect(page).toContain(expected)
  expect(page.match(/<svg/g)).toHaveLength(2)
  expect(page).not.toContain('A producer')
})
