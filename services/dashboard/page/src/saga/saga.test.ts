import { describe, expect, test } from 'vitest'
import type { Saga, SagaEvent } from '#api'
import { type Layout, layout } from '#page/saga/layout.ts'
import { story } from '#page/saga/story.ts'

const beganAt = Date.parse('2026-01-01T12:00:00.000Z')
const lanes = ['order', 'payment', 'inventory', 'delivery', 'notification']
const owner = (type: string) =>
  type.startsWith('Order')
    ? 'order'
    : type.startsWith('Payment')
      ? 'payment'
      : type.startsWith('Stock')
        ? 'inventory'
        : 'delivery'

/** Each event is caused by the one before it; ids are types. */
const saga = (steps: readonly [type: string, atMs: number][], more: Partial<Saga> = {}): Saga => {
  const events = steps.map(
    ([type, atMs], i): SagaEvent => ({
      position: `t/0/${i}`,
      topic: 't',
      partition: 0,
      offset: i,
      service: owner(type),
      type,
      id: type,
      ...(i > 0 ? { causationId: steps[i - 1]?.[0] ?? '' } : {}),
      correlationId: 'c',
      at: new Date(beganAt + atMs).toISOString(),
      writtenAt: '',
      seenAt: '',
      sinceStartMs: atMs,
      headers: {},
      terminal: false,
      pivot: false,
    }),
  )
  const order: Saga['order'] = {
    orderId: 'o',
    state: 'PENDING',
    firstAt: events[0]?.at ?? '',
    lastAt: '',
    lastType: '',
    events: events.length,
    duplicates: 0,
    deadLetters: 0,
    compensated: false,
    waitingFor: [],
  }
  return { order, events, eventsOmitted: 0, compensations: [], expected: [], deadLetters: [], masked: true, ...more }
}

const undone = saga(
  [
    ['OrderPlaced', 0],
    ['PaymentCaptured', 50],
    ['StockRejected', 50],
    ['PaymentRefunded', 90],
    ['OrderCancelled', 60_000],
  ],
  {
    compensations: [
      { stepType: 'PaymentCaptured', stepId: 'PaymentCaptured', undoneByType: 'PaymentRefunded', undoneById: 'PaymentRefunded' },
    ],
  },
)

const xs = (plan: Layout) => plan.marks.map((m) => m.x)

describe('the layout of a saga', () => {
  test('keeps events apart and in causal order, also of the same millisecond, whatever the room', () => {
    for (const width of [320, 900, 2_000]) {
      const plan = layout(undone, { lanes, width, scale: 'steps' })
      expect(plan.marks.map((m) => m.event.type)).toEqual(undone.events.map((e) => e.type))
      const gaps = xs(plan).map((x, i, all) => x - (all[i - 1] ?? Number.NEGATIVE_INFINITY))
      expect(Math.min(...gaps)).toBeGreaterThan(99.9)
      expect(plan.width).toBeGreaterThanOrEqual(Math.max(width, ...xs(plan)))
    }
  })

  test('is true to time when asked to', () => {
    const [first = 0, captured = 0, , refunded = 0, last = 0] = xs(layout(undone, { lanes, width: 1_000, scale: 'time' }))
    expect((captured - first) / (last - first)).toBeCloseTo(50 / 60_000)
    expect((refunded - first) / (last - first)).toBeCloseTo(90 / 60_000)
  })

  test('ties a compensation to its step, and lets a step that stands last to the end', () => {
    const plan = layout(undone, { lanes, width: 1_000, scale: 'steps' })
    const [hold] = plan.holds
    expect(hold?.step.event.type).toBe('PaymentCaptured')
    expect(hold?.undo?.event.type).toBe('PaymentRefunded')
    expect(hold?.end).toBe(hold?.undo?.x)
    expect(plan.marks.find((m) => m.event.type === 'PaymentCaptured')?.undoneBy?.type).toBe('PaymentRefunded')
    const stands = layout(
      { ...undone, compensations: undone.compensations.map(({ undoneById, ...c }) => c) },
      { lanes, width: 1_000, scale: 'steps' },
    )
    expect(stands.holds[0]?.end).toBeGreaterThan(Math.max(...xs(stands)))
  })

  test('shows a copy at its event, and what is expected behind everything that has come', () => {
    const copy = { ...(undone.events[1] as SagaEvent), position: 't/0/99', copyOf: 't/0/1' }
    const expected = [
      { service: 'inventory', on: 'PaymentCaptured', onId: 'PaymentCaptured', mayEmit: ['StockReserved'], needs: [], since: '' },
    ]
    const plan = layout({ ...undone, events: [...undone.events, copy], expected }, { lanes, width: 1_000, scale: 'steps' })
    expect(plan.marks.map((m) => m.copies)).toEqual([0, 1, 0, 0, 0])
    expect(plan.ghosts[0]?.x).toBeGreaterThan(Math.max(...xs(plan)))
    expect(plan.ghosts[0]?.lane).toBe(plan.lanes.indexOf('inventory'))
  })
})

describe('the story of a saga', () => {
  test('tells what was undone by what', () => {
    const order = { ...undone.order, state: 'CANCELLED', endedAt: 'x', durationMs: 60_000, reason: 'out_of_stock' } as const
    expect(story({ ...undone, order })).toBe(
      'The order was cancelled after 1 min: out of stock. One step was taken back: payment refunded undoes payment captured.',
    )
  })

  test('tells whom an open order waits for', () => {
    const expected = [
      { service: 'payment', on: 'OrderPlaced', onId: 'OrderPlaced', mayEmit: ['PaymentCaptured'], needs: [], since: '' },
    ]
    expect(story(saga([['OrderPlaced', 0]], { expected }))).toBe('Under way, waiting for payment to answer order placed.')
  })
})
