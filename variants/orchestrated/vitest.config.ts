import { defineConfig } from 'vitest/config'

// A machine under load takes its time, first of all for compiling.
export default defineConfig({ test: { testTimeout: 30_000 } })
