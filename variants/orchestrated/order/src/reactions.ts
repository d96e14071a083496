/** Kafka in: a batch of commands over the orders' documents. */
import { causedBy, type Documents, type Message, type React } from '@shop/messaging'
import { cancel, confirm, hasEnded, type Order, remember } from '../../../../services/order/src/order.ts'
import { answer, type Command } from '../../speech.ts'

const obey = (order: Order, { type, data, id, at, causationId }: Command<'order'>): Order => {
  if (hasEnded(order)) return order
  const cause = { id, at, causationId }
  return type === 'ConfirmOrder'
    ? remember(confirm(order), { ...cause, type: 'OrderConfirmed' })
    : remember(cancel(order, data.reason), { ...cause, type: 'OrderCancelled' })
}

/** @param ended told of each order that reaches its end; a hint, since what was decided may have to be decided again. */
export const reactions =
  (ended: (orderId: string, order: Order) => void): React<Documents<Order>, Command<'order'>> =>
  async (orders, commands) => {
    const outgoing: Message[] = []
    for (const command of commands) {
      const before = orders.get(command.key)
      if (before === undefined) throw new Error(`${command.type}: there is no order ${command.key}`)
      const order = obey(before, command)
      orders.set(command.key, order)
      if (order !== before) ended(command.key, order)
      outgoing.push(causedBy(command, answer('order', command.type)))
    }
    return outgoing
  }
