export type { RabbitAdmin } from './admin.ts'
export type { ConsumerSettings } from './consumer.ts'
export type { PublisherSettings } from './publisher.ts'
export { type RabbitOptions, type RabbitTransport, rabbitTransport } from './transport.ts'
