import { randomUUID } from 'node:crypto'
import { idempotencyKey, notFound, parse, unprocessable } from '@shop/service-host'
import { KeyReused, type PostgresMessageStore, performOnce } from '@shop/store-postgres'
import { Router } from 'express'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import { type Account, customerAccount, deposited, funding } from './payment.ts'
import { book, findAccount, findPayment, lockAccounts, saveBalances } from './store.ts'

const customer = z.strictObject({
  customerId: z.string().regex(/^[\w.@-]{1,64}$/, 'expected 1 to 64 letters, digits or any of _ . @ -'),
})
const order = z.strictObject({ orderId: z.uuid() })
/** Minor units. */
const deposit = z.strictObject({ amount: z.int().min(1).max(1_000_000_000_000) })

const view = (customerId: string, { balance, currency, blocked }: Account) => ({ customerId, balance, currency, blocked })

const makeDeposit = async (client: PoolClient, customerId: string, amount: number): Promise<Account> => {
  const account = (await lockAccounts(client, [customerId])).get(customerId)
  if (account === undefined) throw notFound(`account ${customerId}`)
  const after = deposited(account, amount)
  if (after === undefined)
    throw unprocessable('the body is not valid: amount', [
      { field: 'amount', message: `the balance of ${customerId} would be more than ${Number.MAX_SAFE_INTEGER}; deposit less` },
    ])
  await saveBalances(client, new Map([[customerId, after]]))
  const transfer = {
    kind: 'deposit',
    from: funding,
    to: customerAccount(customerId),
    amount,
    currency: account.currency,
  } as const
  await book(client, [{ transactionId: randomUUID(), transfer }])
  return after
}

export const routes = (store: PostgresMessageStore, pool: Pool): Router => {
  const router = Router()

  router.get('/accounts/:customerId', async (req, res) => {
    const { customerId } = parse(customer, req.params, 'params')
    const account = await findAccount(pool, customerId)
    if (account === undefined) throw notFound(`account ${customerId}`)
    res.json(view(customerId, account))
  })

  router.post('/accounts/:customerId/deposits', async (req, res) => {
    const key = idempotencyKey(req)
    const { customerId } = parse(customer, req.params, 'params')
    const { amount } = parse(deposit, req.body, 'body')
    const account = await performOnce(store, { key, fingerprint: `deposit ${customerId} ${amount}` }, (client) =>
      makeDeposit(client, customerId, amount),
    ).catch((error) => {
      throw error instanceof KeyReused
        ? unprocessable(error.message, [{ field: 'Idempotency-Key', message: 'use a new key' }])
        : error
    })
    res.status(201).json(view(customerId, account))
  })

  router.get('/payments/:orderId', async (req, res) => {
    const orderId = parse(order, req.params, 'params').orderId.toLowerCase()
    const payment = await findPayment(pool, orderId)
    if (payment === undefined) throw notFound(`payment of order ${orderId}`)
    const { told: _, capturedId: __, ...shown } = payment
    res.json({ orderId, ...shown })
  })

  return router
}
