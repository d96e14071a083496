import { type CuttingProxy, cuttingProxy } from '@shop/messaging/conformance'
import { type RabbitTransport, rabbitTransport } from '../transport.ts'

/** Where the set-up found a RabbitMQ; '' where there is none. */
export const brokerUrl = process.env.RABBITMQ_URL ?? ''

/** Said in the names of tests that are left out. */
export const orWhyNot = brokerUrl === '' ? ' (skipped: no rabbitmq-server is installed, and RABBITMQ_URL names none)' : ''

/** A transport whose connections can be cut. */
export const openThroughProxy = async (): Promise<{ readonly transport: RabbitTransport; readonly proxy: CuttingProxy }> => {
  const proxy = await cuttingProxy(new URL(brokerUrl).host)
  const { host, port } = proxy.route()
  const through = new URL(brokerUrl)
  through.host = `${host}:${port}`
  return { proxy, transport: rabbitTransport({ urls: [through.href], clientId: 'test' }) }
}
