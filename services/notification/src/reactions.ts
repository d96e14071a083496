/** Kafka in: a batch of ended orders. Sending stands for storing here: a real sender would be one more outbox. */
import type { Incoming } from '@shop/choreography'
import type { Documents, React } from '@shop/messaging'
import { decide, type Notification } from './notification.ts'

export const react: React<Documents<Notification>, Incoming<'notification'>> = async (notifications, fresh) => {
  for (const event of fresh) {
    const sent = decide(notifications.get(event.key), event)
    if (sent !== undefined) notifications.set(event.key, sent)
  }
  return []
}
