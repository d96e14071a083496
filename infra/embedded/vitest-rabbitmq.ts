import { findRabbitmq } from './rabbitmq.ts'
import { server } from './vitest-servers.ts'

/** Where there is no RabbitMQ, RABBITMQ_URL is not set: its tests count as skipped, and say why. */
export default async () => {
  if (!process.env.RABBITMQ_URL && findRabbitmq(process.env) === undefined) return undefined
  return server('rabbitmq')()
}
