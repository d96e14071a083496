/** Vitest's global set-up: Kafka, PostgreSQL and MongoDB as containers, for the suites that read their addresses from the environment. */
import { KafkaContainer } from '@testcontainers/kafka'
import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { GenericContainer, Wait } from 'testcontainers'

export default async () => {
  const [kafka, postgres, mongo] = await Promise.all([
    new KafkaContainer('confluentinc/cp-kafka:8.1.1')
      .withKraft()
      .withEnvironment({ KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0' })
      .start(),
    new PostgreSqlContainer('postgres:17').start(),
    // Not the module for MongoDB: it makes a replica set, and a standalone server has to be enough.
    new GenericContainer('mongo:8')
      .withExposedPorts(27017)
      .withWaitStrategy(Wait.forLogMessage(/Waiting for connections/))
      .start(),
  ])
  process.env.KAFKA_BROKERS = `${kafka.getHost()}:${kafka.getMappedPort(9093)}`
  process.env.POSTGRES_URL = postgres.getConnectionUri()
  process.env.MONGO_URL = `mongodb://${mongo.getHost()}:${mongo.getMappedPort(27017)}`
  return () => Promise.all([kafka, postgres, mongo].map((container) => container.stop()))
}
