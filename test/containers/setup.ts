/** Vitest's global set-up: Kafka, PostgreSQL and MongoDB as containers, for the suites that read their addresses from the environment. */
import { setTimeout as pause } from 'node:timers/promises'
import { kafkaTransport } from '@shop/transport-kafka'
import { KafkaContainer } from '@testcontainers/kafka'
import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { GenericContainer, Wait } from 'testcontainers'

/** The container counts as started by a line in its log, which the broker writes before it listens on the port that is mapped. */
const answers = async (broker: string): Promise<void> => {
  const deadline = Date.now() + 60_000
  for (;;) {
    const admin = kafkaTransport({ brokers: [broker], clientId: 'containers' }).admin()
    try {
      await admin.topics()
      return await admin.close()
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`the broker at ${broker} does not answer`, { cause: error })
      await pause(200)
    }
  }
}

export default async () => {
  const [kafka, postgres, mongo] = await Promise.all([
    new KafkaContainer('confluentinc/cp-kafka:8.1.1')
      .withKraft()
      .withEnvironment({
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        // By default three, so that one broker alone never begins a transaction.
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
        // As the broker of compose: it unpacks a whole block of a batch that it is sent, of which a test makes one of 200 MB.
        KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m',
      })
      .start(),
    new PostgreSqlContainer('postgres:17-trixie').start(),
    // Not the module for MongoDB: it makes a replica set, and a standalone server has to be enough.
    new GenericContainer('mongo:8.0')
      .withExposedPorts(27017)
      .withWaitStrategy(Wait.forLogMessage(/Waiting for connections/))
      .start(),
  ])
  process.env.KAFKA_BROKERS = `${kafka.getHost()}:${kafka.getMappedPort(9093)}`
  await answers(process.env.KAFKA_BROKERS)
  process.env.POSTGRES_URL = postgres.getConnectionUri()
  process.env.MONGO_URL = `mongodb://${mongo.getHost()}:${mongo.getMappedPort(27017)}`
  return () => Promise.all([kafka, postgres, mongo].map((container) => container.stop()))
}
