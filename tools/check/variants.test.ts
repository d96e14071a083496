import { describe, expect, test } from 'vitest'
import { invariants, judge } from './invariants.ts'
import type { OrderFile, Snapshot } from './snapshot.ts'
import { soundShop } from './testing/sound-shop.ts'

type Variant = NonNullable<Snapshot['shop']['variant']>

/** The orders of a sound shop, as a variant has finished them. */
const finishedBy = (variant: Variant) => {
  const { shop, orders } = soundShop() as Snapshot
  const files = [...orders].filter((file) => file.order !== undefined)
  for (const file of files) {
    const isConfirmed = file.order?.status === 'CONFIRMED'
    if (variant === 'two-phase' && isConfirmed) file.decision = { outcome: 'commit', isCarriedOut: true, damaged: [] }
    if (variant === 'orchestrated') file.saga = { status: isConfirmed ? 'COMPLETED' : 'UNDONE', awaits: null }
  }
  return { shop: { ...shop, topics: undefined, variant }, files }
}

const outcomeOf = (variant: Variant, id: string, change: (files: readonly OrderFile[]) => void) => {
  const { shop, files } = finishedBy(variant)
  change(files)
  return judge({ shop, orders: files }).find((v) => v.id === id)?.outcome
}

const confirmed = (files: readonly OrderFile[]): OrderFile => files.find((f) => f.order?.status === 'CONFIRMED') as OrderFile
const cancelled = (files: readonly OrderFile[]): OrderFile => files.find((f) => f.order?.status === 'CANCELLED') as OrderFile

const set = (file: OrderFile, to: Partial<OrderFile>): void => void Object.assign(file, to)

const defects: readonly (readonly [Variant, string, string, (files: readonly OrderFile[]) => void])[] = [
  ['two-phase', 'nothing-in-doubt', 'one is still prepared', (files) => set(confirmed(files), { preparedAt: ['payment'] })],
  ['two-phase', 'decisions-carried-out', 'a confirmed one has no decision', (files) => void delete confirmed(files).decision],
  [
    'two-phase',
    'decisions-carried-out',
    'a cancelled one was to be committed',
    (files) => set(cancelled(files), { decision: { outcome: 'commit', isCarriedOut: true, damaged: [] } }),
  ],
  [
    'two-phase',
    'decisions-carried-out',
    'somebody did otherwise',
    (files) => set(confirmed(files), { decision: { outcome: 'commit', isCarriedOut: true, damaged: ['payment'] } }),
  ],
  [
    'two-phase',
    'decisions-carried-out',
    'it is not carried out everywhere',
    (files) => set(confirmed(files), { decision: { outcome: 'commit', isCarriedOut: false, damaged: [] } }),
  ],
  ['orchestrated', 'sagas-ended', 'an order has no saga', (files) => void delete confirmed(files).saga],
  [
    'orchestrated',
    'sagas-ended',
    'they end unlike',
    (files) => set(cancelled(files), { saga: { status: 'COMPLETED', awaits: null } }),
  ],
  [
    'orchestrated',
    'sagas-ended',
    'it waits still',
    (files) => set(confirmed(files), { saga: { status: 'RUNNING', awaits: 'IssueStock' } }),
  ],
]

describe("the variants' own invariants", () => {
  test.each(defects)('%s: %s fails when %s', (variant, id, _what, plant) => {
    expect(outcomeOf(variant, id, () => {})).toBe('holds')
    expect(outcomeOf(variant, id, plant)).toBe('violated')
  })

  test('are each shown to be able to fail, and say nothing of the choreographed shop', () => {
    const own = invariants.filter((i) => i.onlyIn !== undefined).map((i) => i.id)
    expect([...new Set(defects.map(([, id]) => id))].toSorted()).toEqual(own.toSorted())
    expect(judge(soundShop() as Snapshot).filter((v) => own.includes(v.id))).toEqual([])
  })

  test('what is about the topics is not checked, and why is said', () => {
    const { shop, files } = finishedBy('two-phase')
    const notChecked = judge({ shop, orders: files }).filter((v) => v.outcome === 'not-checked')
    expect(notChecked.map((v) => v.id)).toContain('no-lost-events')
    expect(notChecked.every((v) => v.why !== undefined)).toBe(true)
  })
})
