import { test } from 'vitest'

// Stands in for the whole suite on a machine without a browser, so that it is reported as skipped.
test.skip('needs Chromium: install it, or name one with CHROMIUM=/path/to/chromium', () => {})
