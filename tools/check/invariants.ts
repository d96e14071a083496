/**
 * PURE: snapshot → what holds and what does not. In the order of what has to hold whatever happens: every order ends once, money and stock
 * are kept, stored events and the topics agree, each event has its effect once and in order, compensations and idempotency keys have theirs
 * once, and what was consumed was handled or set aside.
 */

import { variants } from '@shop/manifest/variants'
import type { Figures, Invariant } from './invariant.ts'
import { causationDeclared, consumedHandled } from './invariants/consuming.ts'
import { deliveryAgrees, notificationAgrees, orderEndedOnce } from './invariants/ending.ts'
import { eventsInStoredOrder, noGhostEvents, noLostEvents, outboxesEmpty } from './invariants/events.ts'
import { accountsMatchLedger, amountsAgree, ledgerBalanced, moneyKept, paymentAgrees } from './invariants/money.ts'
import { compensatedOnce, handledOnce, keysGiveOneOrder } from './invariants/once.ts'
import { sagasEnded } from './invariants/orchestrated.ts'
import { reservationAgrees, stockAtRest, stockConserved } from './invariants/stock.ts'
import { decisionsCarriedOut, nothingInDoubt } from './invariants/two-phase.ts'
import { viewOf } from './order-view.ts'
import type { Snapshot } from './snapshot.ts'

export const invariants: readonly Invariant[] = [
  orderEndedOnce,
  deliveryAgrees,
  notificationAgrees,
  moneyKept,
  ledgerBalanced,
  accountsMatchLedger,
  paymentAgrees,
  amountsAgree,
  stockConserved,
  stockAtRest,
  reservationAgrees,
  outboxesEmpty,
  noGhostEvents,
  noLostEvents,
  handledOnce,
  eventsInStoredOrder,
  compensatedOnce,
  keysGiveOneOrder,
  consumedHandled,
  causationDeclared,
  nothingInDoubt,
  decisionsCarriedOut,
  sagasEnded,
]

export type { Figures }

export interface Violation {
  readonly text: string
  readonly orderId?: string
}

export interface Verdict {
  readonly id: string
  readonly title: string
  /** `not-checked`: it needs the topics, which were not read, or `why` not. */
  readonly outcome: 'holds' | 'violated' | 'not-checked'
  readonly figures: Figures
  readonly why?: string
  readonly violationCount: number
  /** The first ones. */
  readonly violations: readonly Violation[]
}

/** Violations of one invariant that are kept; the rest is only counted. */
const keptMax = 100

const start = (invariant: Invariant, { shop }: Snapshot) => {
  const violations: Violation[] = []
  let count = 0
  const examination = invariant.begin(shop, (text, orderId) => {
    count++
    if (violations.length < keptMax) violations.push({ text, ...(orderId === undefined ? {} : { orderId }) })
  })
  const verdict = (): Verdict => ({
    id: invariant.id,
    title: invariant.title,
    outcome: count === 0 ? 'holds' : 'violated',
    figures: examination.figures(),
    violationCount: count,
    violations,
  })
  return { examination, verdict }
}

/** Those that there are in this way of finishing orders. */
const inForce = ({ variant }: Snapshot['shop']): readonly Invariant[] =>
  invariants.filter(({ onlyIn }) => onlyIn === undefined || onlyIn === variant)

const whyNot = ({ notIn = {}, needsTopics }: Invariant, { variant }: Snapshot['shop']): string | undefined => {
  if (variant === undefined) return undefined
  if (notIn[variant] !== undefined || !needsTopics) return notIn[variant]
  return variants[variant].servers.includes('broker') ? "it is about the choreography's events" : 'nothing goes over topics here'
}

/** Goes over the orders once, whatever their number; they may be read while it goes. */
export const judge = (snapshot: Snapshot): Verdict[] => {
  const { shop } = snapshot
  const examined = inForce(shop)
  const running = examined.map((invariant) =>
    whyNot(invariant, shop) !== undefined || (invariant.needsTopics && shop.topics === undefined)
      ? undefined
      : start(invariant, snapshot),
  )
  for (const file of snapshot.orders) {
    const view = viewOf(file, shop)
    for (const r of running) r?.examination.order?.(view)
  }
  for (const r of running) r?.examination.end?.()
  return examined.map((invariant, i) => {
    const { id, title } = invariant
    const why = whyNot(invariant, shop)
    const notChecked = { id, title, outcome: 'not-checked' as const, figures: {}, violationCount: 0, violations: [] }
    return running[i]?.verdict() ?? { ...notChecked, ...(why === undefined ? {} : { why }) }
  })
}
