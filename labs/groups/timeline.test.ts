import { expect, it } from 'vitest'
import type { GroupView } from './broker-view.ts'
import { Timeline } from './timeline.ts'

const view = (owned: Readonly<Record<string, readonly number[]>>, partitions = 2): GroupView => ({
  state: 'Stable',
  members: Object.entries(owned).map(([name, of]) => ({ name, partitions: of })),
  partitions: Array.from({ length: partitions }, (_, partition) => ({ partition, committed: 0, end: 5, lag: 5 - partition })),
})

it('draws each partition by who had it, and by nobody in between', () => {
  const timeline = new Timeline()
  timeline.see('a begins', view({ a: [0, 1] }), 1_000)
  timeline.see('a begins', view({ a: [0, 1] }), 2_000)
  timeline.see('b joins', view({}), 3_000)
  timeline.see('b joins', view({ a: [0], b: [1] }), 4_000)
  timeline.see('b joins', view({ a: [0], b: [1] }), 6_000)
  expect(timeline.moments()).toEqual([
    { at: 0, label: 'a begins' },
    { at: 2, label: 'b joins' },
  ])
  expect(timeline.stretches()).toEqual([
    { lane: 'partition 0', owner: 'a', from: 0, to: 2 },
    { lane: 'partition 0', from: 2, to: 3 },
    { lane: 'partition 0', owner: 'a', from: 3, to: 5 },
    { lane: 'partition 1', owner: 'a', from: 0, to: 2 },
    { lane: 'partition 1', from: 2, to: 3 },
    { lane: 'partition 1', owner: 'b', from: 3, to: 5 },
  ])
  expect(timeline.lagsMax()).toEqual([5, 4])
})

it('draws a partition that was added from then on', () => {
  const timeline = new Timeline()
  timeline.see('a begins', view({ a: [0] }, 1), 0)
  timeline.see('a partition more', view({ a: [0, 1] }, 2), 1_000)
  timeline.see('a partition more', view({ a: [0, 1] }, 2), 2_000)
  expect(timeline.stretches()).toEqual([
    { lane: 'partition 0', owner: 'a', from: 0, to: 2 },
    { lane: 'partition 1', owner: 'a', from: 1, to: 2 },
  ])
})
