/** Kafka in: a batch of events over the orders' documents. */
import type { Incoming } from '@shop/choreography'
import { causedBy, type Documents, type Message, type React } from '@shop/messaging'
import { decide, hasEnded, type Order, remember } from './order.ts'

/** @param ended told of each order that reaches its end; a hint, since what was decided may have to be decided again. */
export const reactions =
  (ended: (orderId: string, order: Order) => void): React<Documents<Order>, Incoming<'order'>> =>
  async (orders, fresh, doubt) => {
    const outgoing: Message[] = []
    for (const event of fresh) {
      const { state, emit, suspicious } = decide(orders.get(event.key), event)
      if (suspicious !== undefined) doubt(event, suspicious)
      if (state === undefined) continue
      const told = emit.map((fact) => causedBy(event, fact))
      const order = remember(state, ...(suspicious === undefined ? [event] : []), ...told)
      orders.set(event.key, order)
      outgoing.push(...told)
      if (hasEnded(order) && told.length > 0) ended(event.key, order)
    }
    return outgoing
  }
