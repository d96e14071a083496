export { anyBytesSchema, deadLettersSchema } from './dead-letters.ts'
export { migrate } from './migrate.ts'
export { createPool, type PoolOptions } from './pool.ts'
export { KeyReused, performOnce } from './requests.ts'
export { forgetHandled } from './retention.ts'
export { messagingSchema } from './schema.ts'
export { PostgresMessageStore } from './store.ts'

export { waitingSchema } from './waiting.ts'
