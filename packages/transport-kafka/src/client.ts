import net from 'node:net'
import type { Log } from '@shop/messaging/driver'
import { type ISocketFactory, Kafka, type logCreator, logLevel } from 'kafkajs'
import { registerCodecs } from './codecs/index.ts'
import { sharedLookups } from './lookups.ts'
import { mendBatches } from './mends/batches.ts'
import { mendClocks } from './mends/clocks.ts'
import { mendConnection } from './mends/connection.ts'
import { mendRecords } from './mends/records.ts'
import { mendRequestQueue } from './mends/request-queue.ts'

export interface ClientOptions {
  /** `host:port` of one or more brokers. */
  readonly brokers: readonly string[]
  /** Tells this process apart in the broker's logs and in the members of a group. */
  readonly clientId: string
  readonly log: Log
  /**
   * Where to reach the broker that advertises itself as `host`:`port`; by default there. For brokers behind a tunnel or a proxy.
   */
  readonly route?: (host: string, port: number) => { readonly host: string; readonly port: number }
}

/** Bounds of one attempt and of kafkajs' own retries. Whoever needs to go on for longer begins again from the outside. */
const connectionTimeoutMs = 1_500
const requestTimeoutMs = 10_000
const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 }
const keepAliveDelayMs = 30_000
/**
 * New partitions, and leaders that moved in silence, are known after so long. kafkajs' 5 min are as long as an order has: those whose key
 * falls on a new partition would be cancelled. It costs a client one request in that time.
 */
export const metadataAgeMsMax = 8_000
/** Of the process: its threads are shared by all clients. */
const lookup = sharedLookups()

/**
 * A kafkajs client with its faults mended (see `mends/`). Connects to nothing by itself.
 * One client may serve a publisher and a consumer, but no two consumers of one group: kafkajs keeps the committed offsets per
 * client and group, and each rebalance clears them under the other one (`src/consumer/offsetManager`, clearAllOffsets).
 */
export const kafkaClient = ({ brokers, clientId, log, route }: ClientOptions): Kafka => {
  registerCodecs()
  mendRecords()
  mendBatches()
  mendRequestQueue()
  mendConnection()
  mendClocks()
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    retry,
    socketFactory: promptSockets(route),
    logLevel: logLevel.INFO,
    logCreator: bridgeTo(log),
  })
}

/**
 * kafkajs leaves Nagle's algorithm on (`src/network/socketFactory.js`), which holds a small request back until the broker has
 * acknowledged the one before: up to 40 ms on every hop of the saga.
 */
const promptSockets =
  (route: ClientOptions['route']): ISocketFactory =>
  ({ host, port, onConnect }) =>
    net.connect(
      {
        ...(route?.(host, port) ?? { host, port }),
        lookup,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: keepAliveDelayMs,
      },
      onConnect,
    )

/** What kafkajs says in the normal course of things, at a level that would worry. */
const ordinary = ['Limiting retries for the idempotent producer', 'The group is rebalancing']

/**
 * kafkajs calls each failed attempt an error, also those that it repeats. Whether one matters is known to the publisher and the
 * consumer, which say so themselves; here they are warnings.
 */
const bridgeTo =
  (log: Log): logCreator =>
  () =>
  ({ namespace, level, log: { message, timestamp: _, logger: __, stack: ___, ...details } }) => {
    const worries = level <= logLevel.WARN && !ordinary.some((start) => message.startsWith(start))
    log[worries ? 'warn' : 'debug']({ kafkajs: namespace, ...details }, `kafka: ${message}`)
  }
