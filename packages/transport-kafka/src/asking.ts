import { within } from '@shop/messaging/driver'
import type { Admin, Kafka } from 'kafkajs'

/** Questions to the broker through one connection. */
export interface Asking {
  /** Connects when there is no connection. @throws TookTooLong after 8 s; errors of the broker. */
  ask<T>(what: string, question: (admin: Admin) => Promise<T>): Promise<T>
  /** Bounded; never rejects. */
  close(): Promise<void>
}

const askMsMax = 8_000
const disconnectMsMax = 1_000

/** A connection is dropped after a question that failed: a client that failed once may go on failing (`mends/connection.ts`). */
export const askThrough = (kafka: Kafka): Asking => {
  let connecting: Promise<Admin> | undefined

  const drop = async (dropped = connecting) => {
    if (connecting === dropped) connecting = undefined
    const disconnecting = dropped?.then((admin) => admin.disconnect())
    if (disconnecting) await within(disconnectMsMax, 'disconnecting', disconnecting).catch(() => {})
  }

  return {
    ask: async (what, question) => {
      connecting ??= connected(kafka)
      const mine = connecting
      try {
        return await within(askMsMax, what, mine.then(question))
      } catch (error) {
        void drop(mine)
        throw error
      }
    },
    close: () => drop(),
  }
}

const connected = async (kafka: Kafka): Promise<Admin> => {
  const admin = kafka.admin()
  await admin.connect()
  return admin
}
