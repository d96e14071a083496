import { cuttingProxy, type TransportFeatures, transportConformance } from '@shop/messaging/conformance'
import { brokers, keptLog } from './testing/broker.ts'
import { kafkaTransport } from './transport.ts'

const features: TransportFeatures = {
  emptyKeysAndValues: true,
  rawBytes: true,
  boundsRecords: true,
  replay: true,
  movesGroups: true,
  silenceMs: 8_000, // a session lasts 6 s
  takeOverMsMax: 20_000,
}

transportConformance('Kafka', features, async () => ({
  open: async () => {
    const proxy = await cuttingProxy(brokers()[0] ?? '')
    const transport = kafkaTransport({ brokers: brokers(), clientId: 'test', log: keptLog(), route: proxy.route })
    return { transport, crash: () => proxy.away(true), away: proxy.away, close: proxy.close }
  },
}))
