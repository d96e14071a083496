import { addresses, baseConfig, ConfigurationError, flag, url } from '@shop/service-host'
import { z } from 'zod'

const brokerUrlExpected = 'expected amqp://user:password@host:5672'

/** Where the broker is: Kafka's addresses, or the URL of RabbitMQ, which counts where both are given. */
export const brokerConfig = {
  KAFKA_BROKERS: addresses.optional(),
  BROKER_URL: z
    .string(brokerUrlExpected)
    .regex(/^amqps?:\/\/[^\s/]\S*$/, brokerUrlExpected)
    .optional(),
}

export interface BrokerSettings {
  readonly KAFKA_BROKERS?: string[] | undefined
  readonly BROKER_URL?: string | undefined
}

/** @throws ConfigurationError when no broker is named. */
export const brokersIn = ({ KAFKA_BROKERS, BROKER_URL }: BrokerSettings): readonly string[] => {
  if (BROKER_URL !== undefined) return [BROKER_URL]
  if (KAFKA_BROKERS === undefined)
    throw new ConfigurationError(
      'KAFKA_BROKERS is missing (expected host:port, several separated by commas), and so is BROKER_URL',
    )
  return KAFKA_BROKERS
}

/**
 * What every service of the choreography reads; spread it into the service's own schema, where a key of the same name replaces one of
 * these: `z.object({ ...participantConfig, PORT: port.default(3001), ORDER_DEADLINE: durationMs.default(300_000) })`.
 */
export const participantConfig = {
  ...baseConfig,
  ...brokerConfig,
  DATABASE_URL: url,
  /** Compiles nothing in or out: only with it faults can be switched on. */
  FAULTS_ENABLED: flag.default(false),
  /** Faults from the start, as JSON; needs FAULTS_ENABLED. */
  FAULTS: z.string().optional(),
}

/** What `participantConfig` reads, under a service's own defaults. */
export interface ParticipantSettings extends BrokerSettings {
  readonly PORT: number
  readonly HOST: string
  readonly LOG_LEVEL: string
  readonly DATABASE_URL: string
  readonly ADMIN_TOKEN?: string | undefined
  readonly FAULTS_ENABLED: boolean
  readonly FAULTS?: string | undefined
}
