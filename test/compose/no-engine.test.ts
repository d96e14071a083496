import { test } from 'vitest'

// Stands in for the whole suite on a machine without a container engine, so that it is reported as skipped.
test.skip('needs a container engine with docker compose; none answers here', () => {})
