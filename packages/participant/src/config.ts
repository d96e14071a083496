import { addresses, baseConfig, flag, url } from '@shop/service-host'
import { z } from 'zod'

/**
 * What every service of the choreography reads; spread it into the service's own schema, where a key of the same name replaces one of
 * these: `z.object({ ...participantConfig, PORT: port.default(3001), ORDER_DEADLINE: durationMs.default(300_000) })`.
 */
export const participantConfig = {
  ...baseConfig,
  KAFKA_BROKERS: addresses,
  DATABASE_URL: url,
  /** Compiles nothing in or out: only with it faults can be switched on. */
  FAULTS_ENABLED: flag.default(false),
  /** Faults from the start, as JSON; needs FAULTS_ENABLED. */
  FAULTS: z.string().optional(),
}

/** What `participantConfig` reads, under a service's own defaults. */
export interface ParticipantSettings {
  readonly PORT: number
  readonly HOST: string
  readonly LOG_LEVEL: string
  readonly KAFKA_BROKERS: string[]
  readonly DATABASE_URL: string
  readonly ADMIN_TOKEN?: string | undefined
  readonly FAULTS_ENABLED: boolean
  readonly FAULTS?: string | undefined
}
