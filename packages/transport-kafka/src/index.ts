export { type ClientOptions, kafkaClient } from './client.ts'
export { type ConsumeOptions, consume } from './consumer.ts'
export { kafkaPublisher, type PublisherOptions } from './publisher.ts'
export { createTopics, type TopicSpec } from './topics.ts'
