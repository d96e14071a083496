import { type MessageDocument, messageDocumentModel } from '@shop/store-mongo'
import type { Connection, Model } from 'mongoose'
import type { Notification } from './notification.ts'

export type NotificationModel = Model<MessageDocument<Notification>>

export const notificationModel = (connection: Connection): NotificationModel =>
  messageDocumentModel<Notification>(connection, 'notifications', [{ 'state.customerId': 1, 'state.at': -1 }])

/** The newest first. */
export const listNotifications = async (
  model: NotificationModel,
  customerId: string | undefined,
  limit: number,
): Promise<(Notification & { orderId: string })[]> => {
  const found = await model
    .find<MessageDocument<Notification>>((customerId === undefined ? {} : { 'state.customerId': customerId }) as object, {
      state: 1,
    })
    .sort({ 'state.at': -1 })
    .limit(limit)
    .lean()
  return found.map(({ _id, state }) => ({ orderId: _id, ...state }))
}
