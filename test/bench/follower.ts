import type { ConsumedRecord } from '@shop/messaging'
import { type BrokerAddress, benchTransport } from './broker.ts'
import type { Outcome } from './load.ts'

/** Tells each end of an order as its event comes in. */
export interface Follower {
  stop(): Promise<void>
}

/** Reads the order topic from its end on. @throws when it has not begun to read within 30 s. */
export const followOrders = async (at: BrokerAddress, onEnd: (orderId: string, outcome: Outcome) => void): Promise<Follower> => {
  const tell = ({ key, headers: { ce_type: type = '' } }: ConsumedRecord) => {
    if (type.startsWith('shop.order.OrderConfirmed')) onEnd(key ?? '', 'confirmed')
    else if (type.startsWith('shop.order.OrderCancelled')) onEnd(key ?? '', 'cancelled')
  }
  const transport = await benchTransport(at)
  const reader = transport.read({
    topics: ['shop.order'],
    from: 'end',
    until: 'stopped',
    headers: ['ce_type'],
    onRecords: (records) => records.forEach(tell),
  })
  await reader.started
  return reader
}
