/** Nothing happens twice: effects, compensations, orders. */
import { compensations } from '@shop/choreography'
import { fingerprintOf } from '../../../services/order/src/new-order.ts'
import type { Invariant } from '../invariant.ts'
import { moneyOf } from './money.ts'

const repeated = (ids: readonly string[]): string[] => [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))]

export const handledOnce: Invariant = {
  id: 'handled-once',
  title: 'Each event had its effect at most once per consumer: handled ids, histories and ledger transactions without repeats',
  begin: ({ inboxes }, found) => {
    const figures: Record<string, number> = {}
    const count = (name: string, by: number) => {
      figures[name] = (figures[name] ?? 0) + by
    }
    // A PostgreSQL inbox cannot repeat an id: it is its primary key.
    for (const [service, inbox] of Object.entries(inboxes)) count(service, inbox.size)
    return {
      order: ({ orderId, handled, order, ledger }) => {
        for (const [service, ids] of Object.entries(handled)) {
          count(service, ids.length)
          const alone = new Set(ids.filter((as) => !as.includes(' ')))
          const twice = ids.flatMap((as) => (as.includes(' ') && alone.has(as.split(' ')[0] ?? '') ? as : []))
          for (const id of [...repeated(ids), ...twice]) found(`${service} handled ${id} twice`, orderId)
        }
        for (const id of repeated((order?.history ?? []).map((e) => e.eventId))) found(`the history has ${id} twice`, orderId)
        const effects = new Set<string>()
        for (const { transactionId, kind, account } of ledger) {
          const effect = `${transactionId} ${account}`
          if (effects.has(effect))
            found(`the ledger moves money of ${account} twice for event ${transactionId} (${kind})`, orderId)
          effects.add(effect)
        }
      },
      figures: () => figures,
    }
  },
}

export const compensatedOnce: Invariant = {
  id: 'compensated-once',
  title: 'Each compensation happened once in every cancelled order that needs it, and in no other',
  begin: ({ topics }, found) => {
    const figures = { refunds: 0, releases: 0 }
    return {
      order: (o) => {
        const { captures, refunds } = moneyOf(o)
        const isReleased = o.reservation?.status === 'RELEASED'
        figures.refunds += refunds
        if (isReleased) figures.releases++
        const status = o.order?.status
        if (status === 'CANCELLED') {
          if (refunds !== captures) found(`was captured ${captures} times, and refunded ${refunds} times`, o.orderId)
          if (o.reservation?.status === 'RESERVED') found('is cancelled, but its stock was not released', o.orderId)
        }
        if (status === 'CONFIRMED' && (refunds > 0 || isReleased)) found('is confirmed, but was compensated', o.orderId)
        // Where an order is contradicted, its services doubt each other's events; what was undone is told by their states, above.
        if (topics === undefined || !o.isOnTopics || o.isContradicted) return
        for (const { step, undoneBy } of compensations) {
          const [steps, undone] = [o.told(step.name).length, o.told(undoneBy.name).length]
          const needed = status === 'CANCELLED' && steps > 0 ? 1 : 0
          if (undone !== needed && !o.isOpen)
            found(`${undoneBy.name} was told ${undone} times after ${steps} ${step.name}, ${needed} is needed`, o.orderId)
          if (o.isOpen && undone > 1) found(`${undoneBy.name} was told ${undone} times`, o.orderId)
        }
      },
      figures: () => figures,
    }
  },
}

/**
 * The keys themselves are kept nowhere. What can be seen is that an order which came with a key has the id made from it (so two orders
 * of one key would be one document), and that the order is the one of the body that was first sent with the key.
 */
export const keysGiveOneOrder: Invariant = {
  id: 'keys-give-one-order',
  title:
    'An order with an Idempotency-Key has an id made from the key (UUIDv8), and is the one that its body asked for (fingerprint)',
  begin: (_shop, found) => {
    const figures = { withKey: 0, withoutKey: 0 }
    return {
      order: ({ orderId, order }) => {
        if (order === undefined) return
        const { fingerprint, customerId, lines, shippingAddress: a } = order
        const isFromKey = orderId[14] === '8'
        figures[isFromKey ? 'withKey' : 'withoutKey']++
        if (isFromKey !== (fingerprint !== undefined))
          found(
            `its id is ${isFromKey ? '' : 'not '}made from a key, but it has ${fingerprint ? 'a' : 'no'} fingerprint`,
            orderId,
          )
        if (fingerprint === undefined) return
        const asked = {
          customerId,
          lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
          shippingAddress: { name: a.name, street: a.street, city: a.city, postalCode: a.postalCode, country: a.country },
        }
        if (fingerprintOf(asked) !== fingerprint) found('it is another order than its fingerprint tells', orderId)
      },
      figures: () => figures,
    }
  },
}
