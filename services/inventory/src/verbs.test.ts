import { expect, test } from 'vitest'
import { issue, release, reserve } from './inventory.ts'

const stock = new Map([
  ['mouse', { onHand: 5, reserved: 1, issued: 0, received: 5 }],
  ['pen', { onHand: 9, reserved: 0, issued: 1, received: 10 }],
])
const lines = [
  { sku: 'mouse', quantity: 1 },
  { sku: 'pen', quantity: 2 },
  { sku: 'mouse', quantity: 3 },
]

test('all lines are promised, and a release takes the promise back', () => {
  const reserved = reserve({ stock, reservation: { lines } })
  expect(reserved.rejection).toBeUndefined()
  expect(reserved.reservation.status).toBe('RESERVED')
  expect(reserved.stock.get('mouse')).toEqual({ onHand: 5, reserved: 5, issued: 0, received: 5 })
  const released = release(reserved, 'address_not_served')
  expect(released).toEqual({ stock, reservation: { lines, status: 'RELEASED', reason: 'address_not_served' } })
})

test('what was promised is issued', () => {
  const issued = issue(reserve({ stock, reservation: { lines } }))
  expect(issued.reservation.status).toBe('ISSUED')
  expect(issued.stock.get('mouse')).toEqual({ onHand: 1, reserved: 1, issued: 4, received: 5 })
  expect(issued.stock.get('pen')).toEqual({ onHand: 7, reserved: 0, issued: 3, received: 10 })
})

test('one line that cannot be had, and nothing is promised', () => {
  const rejected = reserve({ stock, reservation: { lines: [...lines, { sku: 'mouse', quantity: 1 }] } })
  expect(rejected.rejection).toEqual({ reason: 'out_of_stock', sku: 'mouse' })
  expect(rejected.stock).toBe(stock)
  expect(reserve({ stock, reservation: { lines: [{ sku: 'ink', quantity: 1 }] } }).rejection?.reason).toBe('unknown_sku')
  expect(reserve({ stock, reservation: { lines } }, (sku) => sku === 'pen').rejection?.sku).toBe('pen')
})
