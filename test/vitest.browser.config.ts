import { defineConfig } from 'vitest/config'
import { findChromium } from './browser/chromium.ts'

const suite = { include: ['browser/*.test.ts'], exclude: ['browser/no-chromium.test.ts'], globalSetup: ['browser/setup.ts'] }

export default defineConfig({
  test: {
    ...(findChromium() ? suite : { include: ['browser/no-chromium.test.ts'] }),
    // One shop for all files, and its faults are for all to see: they take turns.
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 180_000,
  },
})
