/** Goods are neither made nor lost. All quantities are pieces. */
import type { Invariant } from '../invariant.ts'
import { quantities, sameLines } from '../order-view.ts'

export const stockConserved: Invariant = {
  id: 'stock-conserved',
  title: 'Per SKU on hand + issued = received, and 0 ≤ reserved ≤ on hand',
  begin: ({ stock }, found) => ({
    end: () => {
      for (const { sku, onHand, reserved, issued, received } of stock) {
        if (onHand + issued !== received) found(`${sku}: on hand ${onHand} + issued ${issued} is not received ${received}`)
        if (reserved < 0 || reserved > onHand) found(`${sku}: reserved ${reserved}, on hand ${onHand}`)
      }
    },
    figures: () => {
      const sum = { skus: stock.length, onHand: 0, issued: 0, received: 0 }
      for (const s of stock) {
        sum.onHand += s.onHand
        sum.issued += s.issued
        sum.received += s.received
      }
      return sum
    },
  }),
}

const addLines = (to: Map<string, number>, lines: Parameters<typeof quantities>[0]): void => {
  for (const [sku, quantity] of quantities(lines)) to.set(sku, (to.get(sku) ?? 0) + quantity)
}

export const stockAtRest: Invariant = {
  id: 'stock-at-rest',
  title: 'Per SKU nothing is reserved any more, and issued = the lines of CONFIRMED orders',
  begin: ({ stock }, found) => {
    const confirmed = new Map<string, number>()
    return {
      order: ({ order }) => {
        if (order?.status === 'CONFIRMED') addLines(confirmed, order.lines)
      },
      end: () => {
        for (const { sku, reserved, issued } of stock) {
          if (reserved !== 0) found(`${sku}: ${reserved} are still reserved`)
          const due = confirmed.get(sku) ?? 0
          if (issued !== due) found(`${sku}: ${issued} issued, but CONFIRMED orders have ${due}`)
          confirmed.delete(sku)
        }
        for (const [sku, due] of confirmed) found(`${sku}: CONFIRMED orders have ${due}, but it is no stock`)
      },
      figures: () => ({
        reserved: stock.reduce((sum, s) => sum + s.reserved, 0),
        issued: stock.reduce((sum, s) => sum + s.issued, 0),
      }),
    }
  },
}

export const reservationAgrees: Invariant = {
  id: 'reservation-agrees',
  title:
    'Reservations agree with their orders and payments, all lines or none, and add up to the stock that is reserved and issued',
  begin: ({ stock }, found) => {
    const figures = { RESERVED: 0, ISSUED: 0, RELEASED: 0, REJECTED: 0, none: 0 }
    const held = { RESERVED: new Map<string, number>(), ISSUED: new Map<string, number>() }
    return {
      order: ({ orderId, order, payment, reservation, isOpen, isContradicted }) => {
        const status = reservation?.status ?? 'none'
        figures[status]++
        if (status === 'RESERVED' || status === 'ISSUED') addLines(held[status], reservation?.lines ?? [])
        if (order === undefined) {
          if (status !== 'none') found(`its reservation is ${status}, but there is no such order`, orderId)
          return
        }
        if (!isContradicted && reservation?.lines !== undefined && !sameLines(reservation.lines, order.lines))
          found(`reserves ${JSON.stringify(reservation.lines)}, not its lines`, orderId)
        if (isOpen) return
        if (reservation?.waiting) found('inventory keeps a PaymentCaptured waiting for the lines', orderId)
        const expected =
          order.status === 'CONFIRMED' ? ['ISSUED'] : payment?.status === 'REFUNDED' ? ['RELEASED', 'REJECTED'] : ['none']
        if (!expected.includes(status))
          found(`is ${order.status} with payment ${payment?.status ?? 'none'}, but its reservation is ${status}`, orderId)
      },
      end: () => {
        for (const { sku, reserved, issued } of stock) {
          const [reservedByOrders, issuedByOrders] = [held.RESERVED.get(sku) ?? 0, held.ISSUED.get(sku) ?? 0]
          if (reserved !== reservedByOrders) found(`${sku}: reserved ${reserved}, but reservations hold ${reservedByOrders}`)
          if (issued !== issuedByOrders) found(`${sku}: issued ${issued}, but issued reservations have ${issuedByOrders}`)
        }
      },
      figures: () => figures,
    }
  },
}
