import { type TransportFeatures, transportConformance } from '@shop/messaging/conformance'
import { describe } from 'vitest'
import { brokerUrl, openThroughProxy, orWhyNot } from './testing/broker.ts'

const features: TransportFeatures = {
  emptyKeysAndValues: true,
  rawBytes: true,
  boundsRecords: true,
  replay: true,
  movesGroups: false, // a queue has no places: what it gave away is gone
  silenceMs: 12_000, // two heartbeats of the connection
  takeOverMsMax: 20_000,
}

describe.skipIf(brokerUrl === '')(`on RabbitMQ${orWhyNot}`, () => {
  transportConformance('RabbitMQ', features, async () => ({
    open: async () => {
      const { transport, proxy } = await openThroughProxy()
      return { transport, crash: () => proxy.away(true), away: proxy.away, close: proxy.close }
    },
  }))
})
