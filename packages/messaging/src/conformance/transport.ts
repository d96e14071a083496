import { describe } from 'vitest'
import { deliveryConformance } from './transport-delivery.ts'
import type { TransportFeatures, TransportFixture } from './transport-fixture.ts'
import { atLeastOnceConformance, membershipConformance } from './transport-membership.ts'
import { readingConformance, replayConformance } from './transport-reading.ts'
import { adminConformance, recordConformance } from './transport-records.ts'

/** Everything that `transport.ts` promises, for one broker. `setUp` is called once for each test. */
export const transportConformance = (name: string, features: TransportFeatures, setUp: () => Promise<TransportFixture>): void => {
  describe(`transport conformance: ${name}`, { timeout: 90_000 }, () => {
    recordConformance(features, setUp)
    deliveryConformance(setUp)
    atLeastOnceConformance(features, setUp)
    membershipConformance(features, setUp)
    readingConformance(setUp)
    replayConformance(features, setUp)
    adminConformance(features, setUp)
  })
}
