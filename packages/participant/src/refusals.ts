import { createHash } from 'node:crypto'
import { badRequest, notFound, Problem, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'

/** What a service can be told to refuse, as a fault of its business rather than of its machines. The service's own data. */
export interface Refusable {
  /** How requests call it, such as `payments`. */
  readonly what: string
  /** The field by which a request may narrow it down, such as `sku`; absent: all of it or nothing. */
  readonly by?: string
}

const forMsMax = 3_600_000
const refusalsMax = 100

/** A request to refuse; one more field, the refusable's own, may stand beside these. */
const refusalShape = z.object({
  what: z.string().min(1).max(100),
  /** How many of a hundred orders are refused. */
  percent: z.number().min(0).max(100).default(100),
  /** Until it ends by itself. */
  forMs: z.int().min(1).max(forMsMax).default(600_000),
})

export interface WantedRefusal {
  /** Of a hundred orders. */
  readonly percent: number
  /** Only what has this in the field that the refusable names; absent: all. */
  readonly only?: string | undefined
  readonly forMs: number
}

interface Refusal {
  readonly id: string
  readonly percent: number
  readonly only?: string | undefined
  /** ISO 8601. */
  readonly endsAt: string
  /** The same by `performance.now()`, which setting the clock does not move. */
  readonly until: number
}

/** As requests and answers show it: `only` stands under the name of its field. */
export type RefusalView = Pick<Refusal, 'id' | 'percent' | 'endsAt'> & { readonly what: string } & Readonly<
    Record<string, string | number>
  >

/** The share of orders that lie below an order, 0 to 100: the same whenever it is asked, so that a redelivery is decided alike. */
const shareBelow = (orderId: string): number => (createHash('sha256').update(orderId).digest().readUInt32BE() / 2 ** 32) * 100

/** What a service is told to refuse for a while. In memory: gone when the process ends. */
export class Refusals {
  readonly refusable: Refusable
  #refusals: readonly Refusal[] = []
  #number = 0

  constructor(refusable: Refusable) {
    this.refusable = refusable
  }

  /** @throws RangeError when there are 100 already. */
  add({ percent, only, forMs }: WantedRefusal): RefusalView {
    if (this.#current().length >= refusalsMax)
      throw new RangeError(`there are ${refusalsMax} refusals already: remove some first`)
    const endsAt = new Date(Date.now() + forMs).toISOString()
    const refusal = { id: String(++this.#number), percent, only, endsAt, until: performance.now() + forMs }
    this.#refusals = [...this.#refusals, refusal]
    return this.#view(refusal)
  }

  list(): readonly RefusalView[] {
    return this.#current().map((r) => this.#view(r))
  }

  #current(): readonly Refusal[] {
    const now = performance.now()
    this.#refusals = this.#refusals.filter((r) => r.until > now)
    return this.#refusals
  }

  #view({ id, percent, only, endsAt }: Refusal): RefusalView {
    const { what, by } = this.refusable
    return { id, what, percent, ...(by !== undefined && only !== undefined && { [by]: only }), endsAt }
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

  /** True when this order is to be refused now; with `of`, when that part of it is. */
  refuses(orderId: string, of?: string): boolean {
    return this.#current().some((r) => (r.only ?? of) === of && shareBelow(orderId) < r.percent)
  }
}

const refusalId = z.strictObject({ id: z.string().regex(/^\d{1,9}$/, 'expected the number of a refusal') })
const narrowing = z.string().min(1).max(100).optional()

/** Reads a request against what the service can refuse. @throws Problem naming what is wrong. */
const readRefusal = ({ what, by }: Refusable, body: unknown): WantedRefusal => {
  const { what: asked } = parse(refusalShape.pick({ what: true }), body, 'body')
  if (asked !== what) throw badRequest(`this service refuses ${what}, not ${asked}`, [{ field: 'what', message: `only ${what}` }])
  const shape = z.strictObject({ ...refusalShape.shape, ...(by === undefined ? {} : { [by]: narrowing }) })
  const { percent, forMs, ...rest } = parse(shape, body, 'body')
  return { percent, forMs, only: by === undefined ? undefined : (rest as Readonly<Record<string, string | undefined>>)[by] }
}

/** Switches the refusals of this process. */
export const refusalRoutes = (refusals: Refusals): Router => {
  const router = Router()
  router.get('/admin/refusals', (_req, res) => void res.json({ refusals: refusals.list() }))
  router.post('/admin/refusals', (req, res) => {
    const wanted = readRefusal(refusals.refusable, req.body)
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
