import { setTimeout as pause } from 'node:timers/promises'
import { kafkaTransport } from '@shop/transport-kafka'
import { server } from './vitest-servers.ts'

const groupsMsMax = 60_000
const pollMs = 200

/** The topic in which a broker keeps what groups have read is made when the first one asks, and refuses them until it is there. */
const takesGroups = async (): Promise<void> => {
  const deadline = Date.now() + groupsMsMax
  for (;;) {
    const admin = kafkaTransport({ brokers: (process.env.KAFKA_BROKERS ?? '').split(','), clientId: 'set-up' }).admin()
    try {
      await admin.groupPlaces('set-up', [], [])
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await pause(pollMs)
    } finally {
      await admin.close()
    }
  }
}

export default async () => {
  const stop = await server('kafka')()
  await takesGroups().catch(async (error) => {
    await stop()
    throw error
  })
  return stop
}
