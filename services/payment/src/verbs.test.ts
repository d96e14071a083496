import { expect, test } from 'vitest'
import { type Account, capture, refund } from './payment.ts'

const charge = { customerId: 'alice', amount: 300, currency: 'EUR' }
const account: Account = { balance: 1_000, currency: 'EUR', blocked: false }

test('what is captured is taken once, and a refund gives it back once', () => {
  const captured = capture(account, charge)
  expect(captured.account?.balance).toBe(700)
  expect(captured.payment).toEqual({ status: 'CAPTURED', ...charge })
  const refunded = refund(captured, 'out_of_stock')
  expect(refunded.account).toEqual(account)
  expect(refunded.payment).toMatchObject({ status: 'REFUNDED', reason: 'out_of_stock' })
  expect(refund(refunded, 'again')).toEqual(refunded)
})

test.each([
  ['unknown_customer', undefined, false],
  ['payment_refused', account, true],
  ['account_blocked', { ...account, blocked: true }, false],
  ['currency_mismatch', { ...account, currency: 'USD' }, false],
  ['insufficient_funds', { ...account, balance: 299 }, false],
] as const)('%s: nothing is taken, and nothing can be given back', (reason, from, refused) => {
  const declined = capture(from, charge, refused)
  expect(declined).toEqual({ account: from, payment: { status: 'DECLINED', ...charge, reason } })
  expect(() => refund(declined, 'x')).toThrow('nothing was captured')
})
