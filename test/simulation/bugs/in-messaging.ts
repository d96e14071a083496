/** Relays, consumers and operators that break what the kit promises. */
import { type DeadLetterStore, encode, type LetterQuery, newId, type relayOnce } from '@shop/messaging'
import type { Bug } from './bug.ts'

type RelayOptions = Parameters<typeof relayOnce>[0]

const relay = (name: string, does: string, relayOnce: (options: RelayOptions) => Promise<number>): Bug => ({
  name,
  does,
  plant: () => ({ relayOnce }),
})

const forgetFirst = async ({ store, publisher, catalogue, messagesMax = 500, faults }: RelayOptions): Promise<number> => {
  const stored = await store.pending(messagesMax)
  if (stored.length === 0) return 0
  await store.forget(stored)
  const types = stored.map((s) => s.message.type)
  const keys = stored.map((s) => s.message.key)
  await faults?.pass('relay-before-publish', types, keys)
  await publisher.publish(stored.map((s) => encode(s.message, catalogue)))
  return stored.length
}

/** The real round, over a store or a publisher that is not what it should be. */
const over = (change: (options: RelayOptions) => Partial<RelayOptions>): Bug['plant'] => {
  return (real) => ({ relayOnce: (options) => real.relayOnce({ ...options, ...change(options) }) })
}

/** What each process remembers of its relay. */
const lastRelayed = new WeakMap<RelayOptions['store'], string>()

/** The store, to be changed in one thing. */
export const bound = <Work>(store: DeadLetterStore<Work>): DeadLetterStore<Work> => ({
  park: store.park.bind(store),
  letters: store.letters.bind(store),
  letterCounts: store.letterCounts.bind(store),
  handleParked: store.handleParked.bind(store),
  failedAgain: store.failedAgain.bind(store),
  discard: store.discard.bind(store),
  release: store.release.bind(store),
})

export const bugsInMessaging: readonly Bug[] = [
  relay('forget-before-publish', 'forgets stored events before the broker has them', forgetFirst),
  {
    name: 'publish-unconfirmed',
    does: 'forgets stored events also when the broker did not acknowledge them',
    plant: over(({ publisher }) => ({ publisher: { publish: (records) => publisher.publish(records).catch(() => {}) } })),
  },
  {
    name: 'relay-out-of-order',
    does: 'relays the newest stored events first',
    plant: over(({ publisher }) => ({ publisher: { publish: (records) => publisher.publish(records.toReversed()) } })),
  },
  {
    name: 'relay-forgets-all',
    does: 'forgets everything that is stored after publishing a part of it',
    plant: over(({ store }) => ({
      store: {
        pending: store.pending.bind(store),
        forget: async () => store.forget(await store.pending(500)),
        park: store.park.bind(store),
        onStored: () => {},
        isTransient: () => false,
      },
    })),
  },
  {
    name: 'relay-past-the-last',
    does: 'relays only events that were made after the last one relayed, though transactions commit in another order',
    plant: over(({ store }) => ({
      store: {
        pending: async (limit) => (await store.pending(limit)).filter((s) => s.message.id > (lastRelayed.get(store) ?? '')),
        forget: async (sent) => {
          lastRelayed.set(
            store,
            sent
              .map((s) => s.message.id)
              .sort()
              .at(-1) ?? '',
          )
          await store.forget(sent)
        },
        park: store.park.bind(store),
        onStored: () => {},
        isTransient: () => false,
      },
    })),
  },
  {
    name: 'relay-renames',
    does: 'gives an event a new id each time it is published',
    plant: over(({ publisher }) => ({
      publisher: {
        publish: (records) => publisher.publish(records.map((r) => ({ ...r, headers: { ...r.headers, ce_id: newId() } }))),
      },
    })),
  },
  {
    name: 'partition-by-id',
    does: 'spreads the events of an order over the partitions',
    plant: () => ({ partitionBy: 'id' }),
  },
  {
    name: 'offset-before-commit',
    does: 'is done with records as soon as it has received them',
    plant: () => ({ resolvesOffsets: 'on receipt' }),
  },
  {
    name: 'offset-despite-failure',
    does: 'is done with records also when it gave them up',
    plant: (real) => ({
      recordHandler: (options) => {
        const handle = real.recordHandler(options)
        return (records, assignment) => handle(records, assignment).catch(() => {})
      },
    }),
  },
  {
    name: 'failed-dropped',
    does: 'lets go of an event that keeps failing, with a copy on the dead-letter topic alone',
    plant: (real) => ({
      recordHandler: (options) => {
        const { store } = options
        const handleOnce = store.handleOnce.bind(store)
        return real.recordHandler({ ...options, store: { ...store, handleOnce, park: async (letters) => letters } })
      },
    }),
  },
  {
    name: 'failed-vanishes',
    does: 'lets go of an event that keeps failing, without a trace',
    plant: (real) => ({
      recordHandler: (options) => {
        const { store } = options
        const handleOnce = store.handleOnce.bind(store)
        return real.recordHandler({ ...options, store: { ...store, handleOnce, park: async () => [] }, attemptsMax: 1 })
      },
    }),
  },
  {
    name: 'replay-newest-first',
    does: 'replays the dead letters of an order from the newest',
    plant: (real) => ({
      deadLetters: (options) => {
        const { store } = options
        const letters = async (query: LetterQuery) => (await store.letters(query)).toReversed()
        return real.deadLetters({ ...options, store: { ...bound(store), letters } })
      },
    }),
  },
]
