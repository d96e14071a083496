import { type Log, notFound, parse, unavailable } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import type { Decisions } from '../../protocol/decisions.ts'
import { outcomeOf } from '../../protocol/recovery.ts'
import { turns } from '../../protocol/turns.ts'
import { buy, type Participants } from '../../purchase.ts'
import { purchase } from '../../purchase-body.ts'

interface Parts {
  readonly participants: Participants
  readonly decisions: Decisions
}

/** Four participants each hold a transaction for it: together not more than the servers prepare. */
const purchasesAtOnceMax = 40
const purchasesWaitingMax = 2_000

const order = z.strictObject({ orderId: z.uuid() })

/** Takes purchases, and knows which of them are under way. Its router is for who has the token: the order service. */
export const coordinate = (coordinating: Parts & { readonly log: Log }) => {
  const underWay = new Set<string>()
  const inTurn = turns({ atOnceMax: purchasesAtOnceMax, waitingMax: purchasesWaitingMax })
  const isUnderWay = (orderId: string) => underWay.has(orderId)
  const router = Router()

  router.post('/admin/purchases', async (req, res) => {
    const wanted = parse(purchase, req.body, 'body')
    const { orderId } = wanted
    if (isUnderWay(orderId)) throw unavailable(1, `order ${orderId} is under way already`)
    underWay.add(orderId)
    try {
      const bought = await inTurn(() => buy(wanted, coordinating))
      if (bought === undefined) throw unavailable(1, 'too many purchases at once; try again shortly')
      res.json(bought)
    } finally {
      underWay.delete(orderId)
    }
  })

  router.post('/admin/purchases/:orderId/outcome', async (req, res) => {
    const { orderId } = parse(order, req.params, 'params')
    res.json({ outcome: isUnderWay(orderId) ? 'undecided' : await outcomeOf(orderId, coordinating) })
  })
  return { router, isUnderWay }
}

/** What anybody may see. */
export const routes = ({
  participants,
  decisions,
  isUnderWay,
}: Parts & { readonly isUnderWay: (orderId: string) => boolean }): Router => {
  const router = Router()

  router.get('/transactions', async (_req, res) => {
    const asked = Object.entries(participants).map(async ([name, participant]) => {
      const inDoubt = await participant.inDoubt().catch(() => undefined)
      return [name, inDoubt ?? 'does not answer'] as const
    })
    res.json({ inDoubt: Object.fromEntries(await Promise.all(asked)), notCarriedOut: await decisions.notEnded() })
  })

  router.get('/transactions/:orderId', async (req, res) => {
    const orderId = parse(order, req.params, 'params').orderId.toLowerCase()
    const decision = await decisions.find(orderId)
    if (decision !== undefined) return void res.json(decision)
    if (isUnderWay(orderId)) return void res.json({ orderId, outcome: 'undecided' })
    throw notFound(`a decision on order ${orderId}, so it was aborted, if it ever was asked for; a decision`)
  })
  return router
}
