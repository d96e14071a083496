import { defineConfig } from 'vitest/config'

// Real processes: a cold start of Kafka takes some seconds, on a busy machine several times that.
export default defineConfig({ test: { testTimeout: 120_000, hookTimeout: 180_000, maxWorkers: 2 } })
