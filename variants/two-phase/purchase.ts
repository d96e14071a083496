/**
 * The whole purchase as one distributed transaction: what each participant does before it votes, who is asked when, what is decided, and
 * what follows from that. How a yes is kept (`protocol/prepared.ts`), how the decision is (`protocol/decisions.ts`) and how a process that comes
 * back finds its way (`protocol/recovery.ts`) can be left for later.
 */
import type { Log } from '@shop/service-host'
import { type Shipment, schedule } from '../../services/delivery/src/shipment.ts'
import { issue, reserve } from '../../services/inventory/src/inventory.ts'
import { lockStock, saveReservations, saveStock } from '../../services/inventory/src/store.ts'
import { confirm } from '../../services/order/src/order.ts'
import { capture, transferOf } from '../../services/payment/src/payment.ts'
import { book, lockAccounts, saveBalances, savePayments } from '../../services/payment/src/store.ts'
import { saveShipment } from './delivery/src/shipments.ts'
import { changeOrder } from './order/src/orders.ts'
import type { Decisions } from './protocol/decisions.ts'
import { insistently } from './protocol/insistently.ts'
import type { Participant } from './protocol/participants.ts'
import type { Vote, Work } from './protocol/prepared.ts'
import type { Purchase } from './purchase-body.ts'

export type ParticipantName = 'order' | 'payment' | 'inventory' | 'delivery'
export type Participants = Readonly<Record<ParticipantName, Participant<Purchase>>>

/** By participant: its part of the purchase, in its own database, decided by the verbs of the services. What it returns is why it refuses. */
export const work: Readonly<Record<ParticipantName, Work<Purchase>>> = {
  order: (client, { orderId }) =>
    changeOrder(client, orderId, (order) => {
      if (order.status === 'PENDING') return { order: confirm(order), tells: 'OrderConfirmed' }
      return order.status === 'CANCELLING' ? { refused: 'order_cancelled' } : { refused: 'order_ended' }
    }),

  payment: async (client, { orderId, customerId, total: amount, currency }) => {
    const account = (await lockAccounts(client, [customerId])).get(customerId)
    const { payment, account: after } = capture(account, { customerId, amount, currency })
    if (payment.status === 'DECLINED' || after === undefined) return payment.reason
    await savePayments(client, new Map([[orderId, payment]]))
    await saveBalances(client, new Map([[customerId, after]]))
    const transfer = transferOf({ type: 'PaymentCaptured', data: { customerId, amount, currency } })
    await book(client, transfer ? [{ transactionId: orderId, orderId, transfer }] : [])
    return undefined
  },

  inventory: async (client, { orderId, lines }) => {
    const stock = await lockStock(client, [...new Set(lines.map((l) => l.sku))])
    const reserved = reserve({ stock, reservation: { lines } })
    if (reserved.rejection !== undefined) return reserved.rejection.reason
    const issued = issue(reserved)
    await saveReservations(client, new Map([[orderId, issued.reservation]]), new Map())
    await saveStock(client, issued.stock)
    return undefined
  },

  delivery: async (client, { orderId, shippingAddress }) => {
    const shipment: Shipment = schedule({ address: shippingAddress })
    if (shipment.status === 'REJECTED') return shipment.reason
    await saveShipment(client, orderId, shipment)
    return undefined
  },
}

/**
 * Asked side by side within a wave; a wave begins when all before it said yes. Every purchase locks its customer before its SKUs: were all
 * asked at once, two purchases could each hold what the other waits for, and no database would see that circle.
 */
const waves: readonly (readonly ParticipantName[])[] = [
  ['order', 'payment'],
  ['inventory', 'delivery'],
]

export type Bought = { readonly outcome: 'commit' } | { readonly outcome: 'abort'; readonly reason: string }

interface Coordinating {
  readonly participants: Participants
  readonly decisions: Decisions
  readonly log: Log
}

type Votes = ReadonlyMap<ParticipantName, Vote | undefined>

/** Phase one: asks wave by wave until somebody does not say yes. Who does not answer has no vote here, and may have prepared. */
const collectVotes = async (purchase: Purchase, { participants, log }: Coordinating): Promise<Votes> => {
  const votes = new Map<ParticipantName, Vote | undefined>()
  for (const wave of waves) {
    const ask = async (name: ParticipantName) => {
      const vote = await participants[name].prepare(purchase).catch((err) => {
        log.warn({ err, orderId: purchase.orderId }, `${name} does not vote`)
        return undefined
      })
      votes.set(name, vote)
    }
    await Promise.all(wave.map(ask))
    if (wave.some((name) => votes.get(name)?.vote !== 'yes')) break
  }
  return votes
}

const whyRefused = (votes: Votes): string | undefined => {
  for (const name of waves.flat()) {
    const vote = votes.get(name)
    if (vote?.vote === 'no') return vote.reason
    if (votes.has(name) && vote === undefined) return `${name}_unavailable`
  }
  return undefined
}

/**
 * All or nothing. Up to the decision anybody may still refuse, and nobody has changed anything. The decision is in the coordinator's log before
 * anybody hears of it; from then on it is only carried out, however often it takes. Without an entry there was no commit: an abort is not written.
 */
export const buy = async (purchase: Purchase, coordinating: Coordinating): Promise<Bought> => {
  const { decisions, log } = coordinating
  const { orderId } = purchase
  const votes = await collectVotes(purchase, coordinating)
  const reason = whyRefused(votes)
  // not known to be written is not the same as not written: it asks until it knows
  const outcome = reason === undefined ? await insistently(() => decisions.decide(orderId, 'commit'), log) : 'abort'

  // Phase two. Who refused has nothing left; the order has to hear all the same how it ended.
  const bought: Bought = outcome === 'commit' ? { outcome } : { outcome, reason: reason ?? 'transaction_aborted' }
  const concerned = [...votes].filter(([name, vote]) => vote?.vote !== 'no' || name === 'order').map(([name]) => name)
  const isCarriedOut = await tell(concerned, orderId, bought, coordinating)
  if (isCarriedOut && outcome === 'commit')
    await decisions.ended(orderId, []).catch((err) => log.warn({ err }, 'told again later'))
  return bought
}

/** @returns true when each has done it; what is left is for the recovery, which never gives up. */
const tell = async (names: readonly ParticipantName[], orderId: string, bought: Bought, { participants, log }: Coordinating) => {
  const [ending, reason] = bought.outcome === 'commit' ? (['commit', undefined] as const) : (['rollback', bought.reason] as const)
  const tellOne = (name: ParticipantName): Promise<boolean> =>
    participants[name].end(orderId, ending, reason).then(
      (carried) => carried === 'done',
      (err) => {
        log.warn({ err, orderId }, `${name} has not carried out the ${ending} yet`)
        return false
      },
    )
  return (await Promise.all(names.map(tellOne))).every((isDone) => isDone)
}
