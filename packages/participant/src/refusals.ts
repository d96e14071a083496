import { createHash } from 'node:crypto'
import { badRequest, notFound, Problem, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'

/** What a service can be told to refuse, as a fault of its business rather than of its machines. */
export type Refusable = 'payments' | 'stock' | 'deliveries'

const forMsMax = 3_600_000
const refusalsMax = 100

export const refusalShape = z.strictObject({
  what: z.enum(['payments', 'stock', 'deliveries']),
  /** How many of a hundred orders are refused. */
  percent: z.number().min(0).max(100).default(100),
  /** Of stock: only orders with this SKU. Absent: all. */
  sku: z.string().min(1).max(100).optional(),
  /** Until it ends by itself. */
  forMs: z.int().min(1).max(forMsMax).default(600_000),
})

export interface Refusal {
  readonly id: string
  readonly what: Refusable
  readonly percent: number
  readonly sku?: string
  /** ISO 8601. */
  readonly endsAt: string
}

/** The share of orders that lie below an order, 0 to 100: the same whenever it is asked, so that a redelivery is decided alike. */
const shareBelow = (orderId: string): number => (createHash('sha256').update(orderId).digest().readUInt32BE() / 2 ** 32) * 100

/** What a service is told to refuse for a while. In memory: gone when the process ends. */
export class Refusals {
  /** What this service can refuse. */
  readonly what: Refusable
  #refusals: readonly Refusal[] = []
  #number = 0

  constructor(what: Refusable) {
    this.what = what
  }

  /** @throws RangeError when there are 100 already. */
  add({ percent, sku, forMs }: { readonly percent: number; readonly sku?: string | undefined; readonly forMs: number }): Refusal {
    if (this.list().length >= refusalsMax) throw new RangeError(`there are ${refusalsMax} refusals already: remove some first`)
    const endsAt = new Date(Date.now() + forMs).toISOString()
    const refusal = { id: String(++this.#number), what: this.what, percent, ...(sku !== undefined && { sku }), endsAt }
    this.#refusals = [...this.#refusals, refusal]
    return refusal
  }

  list(): readonly Refusal[] {
    const now = Date.now()
    this.#refusals = this.#refusals.filter((r) => Date.parse(r.endsAt) > now)
    return this.#refusals
  }

  /** @returns false when there is no such refusal. */
  remove(id: string): boolean {
    const before = this.#refusals.length
    this.#refusals = this.#refusals.filter((r) => r.id !== id)
    return this.#refusals.length < before
  }

  clear(): void {
    this.#refusals = []
  }

  /** True when this order is to be refused now; with a SKU, when that one is to be missing in it. */
  refuses(orderId: string, sku?: string): boolean {
    return this.list().some((r) => (r.sku ?? sku) === sku && shareBelow(orderId) < r.percent)
  }
}

const refusalId = z.strictObject({ id: z.string().regex(/^\d{1,9}$/, 'expected the number of a refusal') })

/** Switches the refusals of this process. */
export const refusalRoutes = (refusals: Refusals): Router => {
  const router = Router()
  router.get('/admin/refusals', (_req, res) => void res.json({ refusals: refusals.list() }))
  router.post('/admin/refusals', (req, res) => {
    const { what, ...wanted } = parse(refusalShape, req.body, 'body')
    if (what !== refusals.what)
      throw badRequest(`this service refuses ${refusals.what}, not ${what}`, [
        { field: 'what', message: `only ${refusals.what}` },
      ])
    if (wanted.sku !== undefined && what !== 'stock')
      throw badRequest('only stock is refused by SKU', [{ field: 'sku', message: 'only with stock' }])
    try {
      res.status(201).json(refusals.add(wanted))
    } catch (error) {
      throw error instanceof RangeError ? new Problem(409, error.message) : error
    }
  })
  router.delete('/admin/refusals', (_req, res) => {
    refusals.clear()
    res.status(204).end()
  })
  router.delete('/admin/refusals/:id', (req, res) => {
    const { id } = parse(refusalId, req.params, 'params')
    if (!refusals.remove(id)) throw notFound(`refusal ${id}`)
    res.status(204).end()
  })
  return router
}
