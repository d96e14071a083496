/** Kafka in: a batch of commands over the shipments' documents. */
import { causedBy, type Documents, type React } from '@shop/messaging'
import { type Shipment, schedule } from '../../../../services/delivery/src/shipment.ts'
import { answer, type Command } from '../../speech.ts'

export const react: React<Documents<Shipment>, Command<'delivery'>> = async (shipments, commands) =>
  commands.map((command) => {
    const before = shipments.get(command.key)
    const shipment = before?.status === undefined ? schedule({ address: command.data.shippingAddress }) : before
    shipments.set(command.key, shipment)
    const { status, reason = '' } = shipment
    return causedBy(command, answer('delivery', command.type, status === 'REJECTED' ? reason : undefined))
  })
