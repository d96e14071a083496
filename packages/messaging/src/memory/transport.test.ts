import { type TransportFeatures, transportConformance } from '../conformance/index.ts'
import { MemoryBroker } from './broker.ts'
import { MemoryTransport } from './transport.ts'

const features: TransportFeatures = {
  emptyKeysAndValues: true,
  rawBytes: true,
  boundsRecords: false,
  replay: true,
  movesGroups: true,
  silenceMs: 300,
  takeOverMsMax: 1_000,
}

transportConformance('memory', features, async () => {
  const broker = new MemoryBroker()
  return {
    open: async () => {
      const transport = new MemoryTransport(broker)
      return { transport, crash: () => transport.crash(), away: (isAway) => transport.away(isAway), close: async () => {} }
    },
  }
})
