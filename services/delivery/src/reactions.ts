/** Kafka in: a batch of events over the shipments' documents. */
import type { Incoming } from '@shop/choreography'
import { causedBy, type Documents, type Message, type React } from '@shop/messaging'
import { decide, type Shipment } from './shipment.ts'

/** @param isRefused orders whose delivery is to be rejected; default none. */
export const reactions =
  (isRefused: (orderId: string) => boolean = () => false): React<Documents<Shipment>, Incoming<'delivery'>> =>
  async (shipments, fresh, doubt) => {
    const outgoing: Message[] = []
    for (const event of fresh) {
      const { state, emit, suspicious } = decide(shipments.get(event.key), event, isRefused(event.key))
      if (suspicious !== undefined) doubt(event, suspicious)
      if (state !== undefined) shipments.set(event.key, state)
      outgoing.push(...emit.map((fact) => causedBy(event, fact)))
    }
    return outgoing
  }

/** Without refusals. */
export const react = reactions()
