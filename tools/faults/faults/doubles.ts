/** A second relay beside a service's own, and strangers in its consumer group. */

import { setTimeout as pause } from 'node:timers/promises'
import { catalogueFor, ownTopic, type ServiceName, serviceNames, subscriptionsOf } from '@shop/choreography'
import { durationText, Refused } from '@shop/command-line'
import { participants } from '@shop/manifest'
import { Abandoned, type Assignment, type MessageStore, startRelay } from '@shop/messaging'
import { connectMongo, MongoMessageStore, messageDocumentModel } from '@shop/store-mongo'
import { createPool, PostgresMessageStore } from '@shop/store-postgres'
import type { Access } from '../../running-shop/index.ts'
import type { Fault } from '../fault.ts'
import { accessOf, quiet, transportOf } from './messages.ts'
import { aService, watchOrders } from './processes.ts'

const pollIntervalMs = 50

interface OpenStore {
  readonly store: MessageStore<never>
  close(): Promise<void>
}

const openPostgres = (service: string, { postgresUrl }: Access): OpenStore => {
  const url = new URL(postgresUrl)
  url.pathname = `/shop_${service}`
  const pool = createPool({ connectionString: url.href, applicationName: 'second-relay', onIdleError: () => {} })
  const store = new PostgresMessageStore(pool, service)
  return { store: store as unknown as MessageStore<never>, close: () => store.close().then(() => pool.end()) }
}

const openMongo = async (service: string, { mongoUrl }: Access): Promise<OpenStore> => {
  const uri = `${mongoUrl.replace(/\/+$/, '')}/shop_${service}`
  const connection = await connectMongo({ uri, applicationName: 'second-relay' })
  // the service names its collection; the one that carries outgoing events is known by their index
  for (const { name } of await connection.listCollections()) {
    const indexes = await connection.collection(name).indexes()
    if (!indexes.some(({ key }) => 'outbox.id' in key)) continue
    const store = new MongoMessageStore(connection, messageDocumentModel(connection, name))
    return { store: store as unknown as MessageStore<never>, close: () => store.close().then(() => connection.close()) }
  }
  await connection.close()
  throw new Refused(`${service} has no outgoing events in its database`)
}

const secondRelay: Fault = {
  name: 'second-relay',
  group: 'messages',
  about: 'relays a service’s stored events beside its own relay',
  positionals: [{ ...aService, oneOf: serviceNames.filter(ownTopic) }],
  options: [],
  forMs: 30_000,
  inNetwork: true,
  async begin(shop, given) {
    const service = given.text('service')
    const database = participants.find((s) => s.name === service)?.database
    const { store, close } = await (database === 'postgres' ? openPostgres : openMongo)(service, accessOf(shop))
    const publisher = (await transportOf(shop)).publisher()
    const relay = startRelay({ store, publisher, catalogue: catalogueFor(service as ServiceName), log: quiet })
    return {
      did: `a second relay takes the stored events of ${service} to Kafka, for ${durationText(given.forMs)}`,
      watch: watchOrders(shop),
      end: async () => {
        await relay.stop()
        await publisher.close()
        await close()
      },
    }
  },
}

const rebalance: Fault = {
  name: 'rebalance',
  group: 'messages',
  about: 'a stranger joins a service’s consumer group and leaves it, over and over',
  positionals: [aService],
  options: [{ name: 'every', about: 'between two times', time: true, fallback: 4_000 }],
  forMs: 20_000,
  inNetwork: true,
  async begin(shop, given) {
    const service = given.text('service')
    const transport = await transportOf(shop)
    const ending = new AbortController()
    const stay = (ms: number) => pause(ms, undefined, { signal: ending.signal }).catch(() => {})
    // handles nothing and commits nothing: what it is given waits until it has left
    const handle = async (_: unknown, { abandoned }: Assignment): Promise<never> => {
      while (!abandoned()) await pause(pollIntervalMs)
      throw new Abandoned('a stranger handles nothing')
    }
    const visit = async () => {
      const topics = subscriptionsOf(service as ServiceName)
      const stranger = transport.subscribe({ groupId: service, topics, handle, onFatal: () => {} })
      await stay(given.number('every') / 2)
      await stranger.stop()
    }
    const visits = async () => {
      while (!ending.signal.aborted) {
        await visit()
        await stay(given.number('every') / 2)
      }
    }
    const visiting = visits()
    return {
      did: `a stranger joins the consumer group of ${service} and leaves it, every ${durationText(given.number('every'))}, for ${durationText(given.forMs)}`,
      watch: watchOrders(shop),
      end: async () => {
        ending.abort()
        await visiting
      },
    }
  },
}

export const doubleFaults: readonly Fault[] = [secondRelay, rebalance]
