import { idempotencyKey, notFound, parse, unprocessable } from '@shop/service-host'
import { KeyReused, type PostgresMessageStore, performOnce } from '@shop/store-postgres'
import { Router } from 'express'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import type { Stock } from './inventory.ts'
import { findReservation, findStock, listStock, receive } from './store.ts'

const stockKey = z.strictObject({ sku: z.string().regex(/^[\w.-]{1,64}$/, 'expected 1 to 64 letters, digits or any of _ . -') })
const order = z.strictObject({ orderId: z.uuid() })
const receipt = z.strictObject({ quantity: z.int().min(1).max(1_000_000_000) })

const view = (sku: string, { onHand, reserved }: Stock) => ({ sku, onHand, reserved, available: onHand - reserved })

const makeReceipt = async (client: PoolClient, sku: string, quantity: number): Promise<Stock> => {
  const after = await receive(client, sku, quantity)
  if (after !== undefined) return after
  if ((await findStock(client, sku)) === undefined) throw notFound(`SKU ${sku}`)
  throw unprocessable('the body is not valid: quantity', [
    { field: 'quantity', message: `more than ${Number.MAX_SAFE_INTEGER} of ${sku} would have been received; receive less` },
  ])
}

export const routes = (store: PostgresMessageStore, pool: Pool): Router => {
  const router = Router()

  router.get('/stock', async (_req, res) => {
    res.json({ stock: [...(await listStock(pool))].map(([sku, stock]) => view(sku, stock)) })
  })

  router.get('/stock/:sku', async (req, res) => {
    const { sku } = parse(stockKey, req.params, 'params')
    const stock = await findStock(pool, sku)
    if (stock === undefined) throw notFound(`SKU ${sku}`)
    res.json(view(sku, stock))
  })

  router.post('/stock/:sku/receipts', async (req, res) => {
    const key = idempotencyKey(req)
    const { sku } = parse(stockKey, req.params, 'params')
    const { quantity } = parse(receipt, req.body, 'body')
    const stock = await performOnce(store, { key, fingerprint: `receipt ${sku} ${quantity}` }, (client) =>
      makeReceipt(client, sku, quantity),
    ).catch((error) => {
      throw error instanceof KeyReused
        ? unprocessable(error.message, [{ field: 'Idempotency-Key', message: 'use a new key' }])
        : error
    })
    res.status(201).json(view(sku, stock))
  })

  router.get('/reservations/:orderId', async (req, res) => {
    const orderId = parse(order, req.params, 'params').orderId.toLowerCase()
    const reservation = await findReservation(pool, orderId)
    if (reservation?.status === undefined) throw notFound(`a reservation for order ${orderId}`)
    const { status, lines, reason } = reservation
    res.json({ orderId, status, lines, ...(reason === undefined ? {} : { reason }) })
  })

  return router
}
