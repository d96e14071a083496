import { defineConfig } from 'vitest/config'

/** The benches in small: each starts servers of its own, so they come one after the other. */
export default defineConfig({ test: { include: ['bench/**/smoke.test.ts'], fileParallelism: false } })
