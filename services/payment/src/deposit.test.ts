import { describe, expect, test } from 'vitest'
import { type Account, deposited } from './payment.ts'

describe('a deposit', () => {
  const account: Account = { balance: 10, currency: 'EUR', blocked: false }

  test('adds to the balance', () => {
    expect(deposited(account, 5)).toEqual({ ...account, balance: 15 })
  })

  test('may fill a number to the last unit that it holds exactly, and no further', () => {
    expect(deposited(account, Number.MAX_SAFE_INTEGER - 10)?.balance).toBe(Number.MAX_SAFE_INTEGER)
    expect(deposited(account, Number.MAX_SAFE_INTEGER - 9)).toBeUndefined()
  })
})
