import { createRequire } from 'node:module'
import net from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../testing/broker.ts'
import { type Connection, mendConnection } from './connection.ts'
import { mendRequestQueue } from './request-queue.ts'

interface Sendable extends Connection {
  send(exchange: object): Promise<unknown>
  disconnect(): Promise<unknown>
}

const require = createRequire(import.meta.url)
const KafkajsConnection = require('kafkajs/src/network/connection') as new (options: object) => Sendable
const createEncoder = require('kafkajs/src/protocol/encoder') as new () => object

const silent = () => ({ namespace: silent, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} })

const listen = async (serve: (socket: net.Socket, index: number) => void) => {
  let accepted = 0
  let opened = 0
  const server = net.createServer((socket) => serve(socket, accepted++))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  const connection = new KafkajsConnection({
    host: '127.0.0.1',
    port,
    logger: silent(),
    socketFactory: ({ onConnect }: { onConnect: () => void }) => {
      opened++
      return net.connect({ host: '127.0.0.1', port }, onConnect)
    },
    requestTimeout: 1_000,
    connectionTimeout: 1_000,
  })
  onTestFinished(async () => {
    await connection.disconnect()
    server.close()
  })
  return { connection, openedCount: () => opened }
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

it('reads a new connection from its beginning after the last one broke inside a response', async () => {
  mendRequestQueue()
  mendConnection()
  const { connection } = await listen((socket, index) => {
    socket.on('error', () => {})
    if (index === 0) socket.write(Buffer.concat([int32(1_000), Buffer.from('cut off here')]), () => socket.end())
    else socket.on('data', () => socket.write(Buffer.concat([int32(8), int32(0), Buffer.from('pong')])))
  })
  await connection.connect()
  await until('the break is noticed', 2_000, () => !connection.isConnected())
  await connection.connect()
  const answer = await connection.send({
    request: { apiKey: 18, apiVersion: 0, apiName: 'Test', encode: async () => new createEncoder() },
    response: {
      decode: async (payload: Buffer) => ({ payload, clientSideThrottleTime: 0 }),
      parse: async (data: object) => data,
    },
  })
  expect(String((answer as { payload: Buffer }).payload)).toBe('pong')
})

it('opens one socket for concurrent calls', async () => {
  mendRequestQueue()
  mendConnection()
  const { connection, openedCount } = await listen((socket) => socket.on('error', () => {}))
  await Promise.all([connection.connect(), connection.connect(), connection.connect()])
  await connection.connect()
  expect(openedCount()).toBe(1)
})
