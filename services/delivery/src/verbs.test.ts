import { expect, test } from 'vitest'
import { reject, schedule } from './shipment.ts'

const to = (country: string) => ({ address: { name: 'A', street: 'B', city: 'C', postalCode: 'D', country } })

test('it is scheduled by the carrier of the country, or rejected with the reason', () => {
  expect(schedule(to('DE'))).toEqual({ ...to('DE'), status: 'SCHEDULED', carrier: 'Stadtbote' })
  expect(schedule(to('FR')).carrier).toBe('Weltfracht')
  expect(schedule(to('AQ'))).toEqual({ ...to('AQ'), status: 'REJECTED', reason: 'address_not_served' })
  expect(schedule(to('DE'), true).reason).toBe('no_carrier')
  expect(reject(undefined, 'order_cancelled')).toEqual({ status: 'REJECTED', reason: 'order_cancelled' })
})
