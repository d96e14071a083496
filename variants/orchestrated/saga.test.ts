import { expect, test } from 'vitest'
import { type Flow, flows } from './flow.ts'
import { advance, awaiting, type Saga } from './saga.ts'
import { answer, type Obedient, type Reply } from './speech.ts'

const [purchase] = flows as [Flow, ...Flow[]]
const shippingAddress = { name: 'A', street: 'B', city: 'C', postalCode: 'D', country: 'DE' }
const placed = { customerId: 'alice', lines: [{ sku: 'mouse', quantity: 1 }], total: 100, currency: 'EUR', shippingAddress }
const envelope = { id: 'e', key: 'o', at: '2026-01-01T00:00:00.000Z', correlationId: 'e' }
const begin: Reply = { ...envelope, type: 'OrderPlaced', data: placed }
const cancellation: Reply = { ...envelope, type: 'OrderCancellationRequested', data: { cause: 'customer' } }

/** Carries a saga out with participants that refuse some commands. @returns the commands, and the saga at its end. */
const run = (
  refuse: Readonly<Record<string, string>> = {},
  { cancelAt, flow = purchase }: { cancelAt?: string; flow?: Flow } = {},
) => {
  const commands: string[] = []
  let saga: Saga | undefined
  let message: Reply | undefined = begin
  for (let n = 0; message !== undefined && n < 50; n++) {
    const { saga: after, order, reason }: ReturnType<typeof advance> = advance(flow, saga, message)
    saga = after
    message = undefined
    if (saga === undefined || order === undefined) break
    commands.push(reason === '' ? order.command : `${order.command} ${reason}`)
    saga = awaiting(flow, saga, order, `command-${n}`)
    if (order.command === cancelAt) saga = advance(flow, saga, cancellation).saga
    const told = answer(order.to as Obedient, order.command, refuse[order.command])
    message = { ...envelope, ...told, causationId: `command-${n}` } as Reply
  }
  return { commands, saga }
}

test('it goes through its steps', () => {
  const { commands, saga } = run()
  expect(commands).toEqual(['CapturePayment', 'ReserveStock', 'ScheduleDelivery', 'IssueStock', 'ConfirmOrder'])
  expect(saga).toMatchObject({ status: 'COMPLETED' })
  expect(saga?.awaits).toBeUndefined()
})

test.each([
  ['CapturePayment', ['CapturePayment', 'CancelOrder no']],
  ['ReserveStock', ['CapturePayment', 'ReserveStock', 'RefundPayment no', 'CancelOrder no']],
  [
    'ScheduleDelivery',
    ['CapturePayment', 'ReserveStock', 'ScheduleDelivery', 'ReleaseStock no', 'RefundPayment no', 'CancelOrder no'],
  ],
])('%s is refused: what was done is undone, the last one first', (command, expected) => {
  const { commands, saga } = run({ [command]: 'no' })
  expect(commands).toEqual(expected)
  expect(saga).toMatchObject({ status: 'UNDONE', reason: 'no', done: [] })
})

test.each([
  ['CapturePayment', ['CapturePayment', 'RefundPayment order_cancelled', 'CancelOrder order_cancelled']],
  [
    'ReserveStock',
    [
      'CapturePayment',
      'ReserveStock',
      'ReleaseStock order_cancelled',
      'RefundPayment order_cancelled',
      'CancelOrder order_cancelled',
    ],
  ],
])('cancelled while %s is under way: that is let end, and undone', (cancelAt, expected) => {
  expect(run({}, { cancelAt }).commands).toEqual(expected)
})

test.each(['ScheduleDelivery', 'IssueStock', 'ConfirmOrder'])('cancelled at %s it is too late', (cancelAt) => {
  expect(run({}, { cancelAt }).saga?.status).toBe('COMPLETED')
})

test('an answer that comes again, or to another command, changes nothing; no more does the beginning', () => {
  const first = advance(purchase, undefined, begin)
  const saga = awaiting(purchase, first.saga as Saga, purchase.steps[0] as Flow['steps'][number], 'c1')
  const done = { ...envelope, ...answer('payment', 'CapturePayment'), causationId: 'c1' } as Reply
  const second = awaiting(purchase, advance(purchase, saga, done).saga as Saga, purchase.steps[1] as Flow['steps'][number], 'c2')
  for (const message of [done, begin]) expect(advance(purchase, second, message)).toEqual({ saga: second, reason: '' })
})

test('what must not be refused is a fault, which is tried again, never passed over', () => {
  expect(() => run({ IssueStock: 'no' })).toThrow('refused behind the pivot')
  expect(() => run({ ReserveStock: 'no', RefundPayment: 'no' })).toThrow('what undoes is not refused')
})

test('the flow: everything before the pivot can be undone, nothing behind it is', () => {
  for (const { steps } of flows) {
    const pivot = steps.findIndex((s) => s.isPivot)
    expect(steps.map((s) => s.undo !== undefined)).toEqual(steps.map((_, i) => i < pivot))
  }
})
