/**
 * Keeps the connectors of a Kafka Connect that others have started (compose): makes those of the services on PostgreSQL, and starts again what
 * has failed. Reads CONNECT_URL, POSTGRES_URL (host and port of the server, as Connect reaches it) and SHOP_DB_PASSWORD.
 */
import { z } from 'zod'
import { rolePassword } from '../init/database-urls.ts'
import { servicesOf } from '../services.ts'
import { keepConnectors } from './keeper.ts'
import { connectorNameOf, outboxConnector } from './outbox-connector.ts'
import { captureUrl } from './prepare-capture.ts'
import { connectRest } from './rest.ts'

const settings = z.object({
  CONNECT_URL: z.url(),
  POSTGRES_URL: z.url(),
  SHOP_DB_PASSWORD: z.string().min(1).default('shop'),
})

const { CONNECT_URL, POSTGRES_URL, SHOP_DB_PASSWORD } = settings.parse(process.env)
const password = rolePassword('capture', SHOP_DB_PASSWORD)
const captured = servicesOf(undefined).filter(({ database }) => database === 'postgres')
const keeper = keepConnectors({
  rest: connectRest(CONNECT_URL.replace(/\/+$/, '')),
  connectors: Object.fromEntries(
    captured.map(({ name: service }) => [
      connectorNameOf(service),
      outboxConnector({ service, url: captureUrl(POSTGRES_URL, service, password) }),
    ]),
  ),
  log: (line) => console.log(line),
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void keeper.stop().then(() => process.exit(0)))
