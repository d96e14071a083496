/** Kafka in: a batch of events over the shipments' documents. */
import type { Incoming } from '@shop/choreography'
import { causedBy, type Documents, keepTold, type Message, type React } from '@shop/messaging'
import { decide, type Shipment } from './shipment.ts'

/** @param isRefused orders whose delivery is to be rejected; default none. */
export const reactions =
  (isRefused: (orderId: string) => boolean = () => false): React<Documents<Shipment>, Incoming<'delivery'>> =>
  async (shipments, fresh, doubt) => {
    const outgoing: Message[] = []
    for (const event of fresh) {
      const before = shipments.get(event.key)
      const { state, emit, suspicious } = decide(before, event, isRefused(event.key))
      if (suspicious !== undefined) doubt(event, suspicious)
      const told = emit.map((fact) => causedBy(event, fact))
      if (state !== undefined) shipments.set(event.key, keepTold(state, before, told))
      outgoing.push(...told)
    }
    return outgoing
  }

/** Without refusals. */
export const react = reactions()
