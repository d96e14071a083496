import { type ServiceName, serviceNames } from '@shop/choreography'
import { expect, test } from 'vitest'
import { leftWrong, unnamed } from '../losses/left-wrong.ts'
import { restore } from './restoring.ts'

const seeds = Array.from({ length: 40 }, (_, i) => i + 1)
const known = serviceNames.filter((service) => service in leftWrong)

test.each(known)(
  '%s brought back from a backup: all orders end, and nothing is wrong but what docs/operations.md names',
  async (service: ServiceName) => {
    let [openBefore, violated] = [0, 0]
    for (const seed of seeds) {
      const { openBefore: before, open, violations } = await restore(service, seed)
      expect(open, `seed ${seed}`).toBe(0)
      expect(unnamed([service], violations, true), `seed ${seed}`).toEqual([])
      openBefore += before
      violated += violations.length
    }
    // Else nothing was lost that had to be told again.
    if (service === 'order') expect(openBefore).toBeGreaterThan(0)
    if (service !== 'notification') expect(violated).toBeGreaterThan(0)
  },
)
