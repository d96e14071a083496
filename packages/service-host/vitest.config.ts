import { defineConfig } from 'vitest/config'

// Some tests start a process, which a machine under load takes its time for.
export default defineConfig({ test: { testTimeout: 30_000 } })
