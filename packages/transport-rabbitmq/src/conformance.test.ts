import { cuttingProxy, type TransportFeatures, transportConformance } from '@shop/messaging/conformance'
import { rabbitTransport } from './transport.ts'

const features: TransportFeatures = {
  emptyKeysAndValues: true,
  rawBytes: true,
  boundsRecords: true,
  replay: true,
  movesGroups: false, // a queue has no places: what it gave away is gone
  silenceMs: 12_000, // two heartbeats of the connection
  takeOverMsMax: 20_000,
}

const url = process.env.RABBITMQ_URL ?? ''

transportConformance('RabbitMQ', features, async () => ({
  open: async () => {
    const proxy = await cuttingProxy(new URL(url).host)
    const { host, port } = proxy.route()
    const through = new URL(url)
    through.host = `${host}:${port}`
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const transport = rabbitTransport({ urls: [through.href], clientId: 'test', log })
    return { transport, crash: () => proxy.away(true), away: proxy.away, close: proxy.close }
  },
}))
