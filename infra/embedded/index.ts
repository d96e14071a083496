export { type Backends, startBackends } from './backends.ts'
export type { BrokerKind } from './broker.ts'
export { type KafkaCluster, startKafkaCluster } from './kafka-cluster.ts'
export { buildPage } from './page.ts'
export { findRabbitmq } from './rabbitmq.ts'

export { type Shop, startShop } from './shop.ts'
