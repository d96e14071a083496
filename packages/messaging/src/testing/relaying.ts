import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Catalogue } from '../catalogue.ts'
import { MemoryDatabase, MemoryMessageStore } from '../memory/index.ts'
import { causedBy, startedBy } from '../message.ts'
import { type RelayOptions, startRelay } from '../relay.ts'
import { type OutgoingRecord, Unsendable } from '../transport.ts'

export const catalogue: Catalogue = {
  address: (type) => ({ ceType: type, source: '/test', topic: 'told' }),
  ceTypeOf: (type) => type,
  lookup: () => ({ type: 'Told', schema: z.unknown(), consumed: true, source: '/test', topic: 'told' }),
  isOtherVersion: () => false,
  compensates: () => false,
  deadLetterTopic: (topic) => topic,
}

/** A broker that takes what is published, unless it is told to fail or to hold it. */
const broker = () => {
  const requests: string[][] = []
  const acknowledged: string[][] = []
  const state = {
    failures: 0,
    underWay: 0,
    underWayMax: 0,
    held: undefined as Promise<void> | undefined,
    refused: new Set<string>(),
  }
  const nameOf = ({ key, value }: OutgoingRecord): string => `${key}${value}`
  return {
    state,
    /** What each produce request carried, as key and number; also of those that failed. */
    requests,
    acknowledged,
    publish: async (records: readonly OutgoingRecord[]) => {
      requests.push(records.map(nameOf))
      state.underWayMax = Math.max(state.underWayMax, ++state.underWay)
      await state.held
      state.underWay--
      if (state.failures-- > 0) throw new Error('no broker')
      const never = records.find((record) => state.refused.has(nameOf(record)))
      if (never) throw new Unsendable(never, 'too large\0')
      acknowledged.push(records.map(nameOf))
    },
    /** Lets requests wait until the returned function is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      state.held = promise
      return resolve
    },
  }
}

export const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** A process of the service, and its relay once it is started. */
export const service = (shared = new MemoryDatabase<never>()) => {
  const store = new MemoryMessageStore(shared)
  const kafka = broker()
  let told = 0
  return {
    store,
    kafka,
    /** Stores one message of each key, numbered in the order in which they are stored. */
    tell: async (...keys: string[]) => {
      for (const key of keys) {
        const n = ++told
        await store.handleOnce([startedBy({ key }, { type: 'Asked', data: randomUUID() })], async (_work, [asked]) =>
          asked ? [causedBy(asked, { type: 'Told', data: n })] : [],
        )
      }
    },
    start: (options: Partial<RelayOptions> = {}) =>
      startRelay({ store, publisher: kafka, catalogue, log, pollIntervalMs: 60_000, ...options }),
  }
}
