import { type Message, toldAgain } from '@shop/messaging'
import { type MessageDocument, messageDocumentModel, type Upgrade } from '@shop/store-mongo'
import type { Connection, Model } from 'mongoose'
import type { Shipment } from './shipment.ts'

export type ShipmentModel = Model<MessageDocument<Shipment>>

export const shipmentModel = (connection: Connection): ShipmentModel => messageDocumentModel<Shipment>(connection, 'shipments')

export const findShipment = async (model: ShipmentModel, orderId: string): Promise<Shipment | undefined> => {
  const found = await model.findById(orderId, { state: 1 }).lean()
  return found?.state ?? undefined
}

/** What was told of the orders' shipments. Shipments of before decision 22 kept nothing. */
export const findTold = async (model: ShipmentModel, orderIds: readonly string[]): Promise<readonly Message[]> => {
  const found = await model
    .find<MessageDocument<Shipment | null>>({ _id: { $in: orderIds } } as object, { 'state.told': 1 })
    .lean()
  return found.flatMap(({ _id, state }) => toldAgain(_id, state ?? {}))
}

/** Before decision 16 a shipment itself kept the StockReserved that waited for its address, and nothing else said that OrderPlaced had come. */
interface EarlierShipment extends Shipment {
  readonly early?: Message
}

export const upgradeShipment: Upgrade<Shipment> = (shipment) => {
  const { early, ...state } = shipment as EarlierShipment
  return {
    state: early === undefined ? shipment : state,
    arrived: state.address === undefined ? [] : ['OrderPlaced'],
    waiting: early === undefined || state.status !== undefined ? [] : [early],
  }
}
