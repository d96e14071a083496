import { type MessageDocument, messageDocumentModel } from '@shop/store-mongo'
import type { Connection, Model } from 'mongoose'
import type { Shipment } from './shipment.ts'

export type ShipmentModel = Model<MessageDocument<Shipment>>

export const shipmentModel = (connection: Connection): ShipmentModel => messageDocumentModel<Shipment>(connection, 'shipments')

export const findShipment = async (model: ShipmentModel, orderId: string): Promise<Shipment | undefined> => {
  const found = await model.findById(orderId, { state: 1 }).lean()
  return found?.state ?? undefined
}
