import { describe, expect, test } from 'vitest'
import { type Booking, countsOf } from './counting.ts'
import type { Payment } from './payment.ts'

const payment = (id: string, account: string, sequence: number): Payment => ({ id, account, sequence, amount: 1 })
const booked = ({ id, account, sequence }: Payment, atMs = 0, life = 1): Booking => ({ id, account, sequence, atMs, life })

const a1 = payment('a1', 'a', 1)
const a2 = payment('a2', 'a', 2)
const a3 = payment('a3', 'a', 3)
const b1 = payment('b1', 'b', 1)

describe('counting', () => {
  test('each payment booked once, in the order of its account', () => {
    const counts = countsOf([a1, a2, b1], [booked(b1), booked(a1), booked(a2)])
    expect(counts).toMatchObject({ sent: 3, handled: 3, lost: 0, doubled: 0, outOfOrder: 0 })
  })

  test('a payment without a booking is lost, and does not disturb the order', () => {
    expect(countsOf([a1, a2, a3], [booked(a1), booked(a3)])).toMatchObject({ handled: 2, lost: 1, outOfOrder: 0 })
  })

  test('every booking beyond the first is one doubled; coming again is no disorder', () => {
    const counts = countsOf([a1, a2], [booked(a1), booked(a2), booked(a1), booked(a2), booked(a2)])
    expect(counts).toMatchObject({ handled: 2, lost: 0, doubled: 3, outOfOrder: 0 })
  })

  test('a payment that is first booked after a later one of its account is out of order', () => {
    expect(countsOf([a1, a2, a3, b1], [booked(a3), booked(b1), booked(a1), booked(a2)])).toMatchObject({ outOfOrder: 2 })
  })

  test('a booking that nobody sent is a fault of the experiment', () => {
    expect(() => countsOf([a1], [booked(b1)])).toThrow('nobody sent')
  })

  test('the rate leaves out the time in which no consumer lived', () => {
    const bookings = [booked(a1, 0, 1), booked(a2, 100, 1), booked(a3, 60_000, 2), booked(b1, 60_100, 2)]
    expect(countsOf([a1, a2, a3, b1], bookings).perSecond).toBe(10)
  })

  test('one booking has no rate', () => {
    expect(countsOf([a1], [booked(a1)]).perSecond).toBe(0)
  })
})
