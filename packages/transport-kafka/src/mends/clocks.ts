import { createRequire } from 'node:module'
import { asKnown } from './as-known.ts'

/** The parts of kafkajs 2.2.4's `ConsumerGroup` that are mended. */
export interface ConsumerGroup {
  lastRequest: number
  heartbeat(options: { readonly interval: number }): Promise<void>
}

/** The parts of kafkajs 2.2.4's `BrokerPool` that are mended. */
export interface BrokerPool {
  readonly metadata: { readonly topicMetadata: readonly { readonly topic: string }[] } | null
  readonly metadataMaxAge: number
  metadataExpireAt: number | null
  refreshMetadata(topics: readonly string[]): Promise<unknown>
  refreshMetadataIfNecessary(topics: readonly string[]): Promise<unknown>
}

type ClassOf<Instance> = (new (...args: never[]) => Instance) & { readonly prototype: Instance }
const mend = 'clocks.ts'

/** When a heartbeat was last answered, by `performance.now()`; 0 before. */
const beatAt = new WeakMap<ConsumerGroup, number>()

const mendHeartbeats = (group: ClassOf<ConsumerGroup>): void => {
  asKnown(group, 'now >= this.lastRequest + interval', mend)
  asKnown(group, 'this.lastRequest = Date.now()', mend)
  const theirs = asKnown(group.prototype.heartbeat, 'this[PRIVATE.SHARED_HEARTBEAT]({ interval })', mend)
  group.prototype.heartbeat = async function (options) {
    if (performance.now() < (beatAt.get(this) ?? 0) + options.interval) return
    this.lastRequest = Number.NEGATIVE_INFINITY // so that they find it due; they write the time of the answer there
    await theirs.call(this, options)
    if (this.lastRequest > 0) beatAt.set(this, performance.now())
  }
}

/** When the metadata came, by `performance.now()`. */
const metadataAt = new WeakMap<BrokerPool, number>()
const refreshing = new WeakSet<BrokerPool>()
/** The latest renewal: the next one begins when it has ended, or an older answer about fewer topics could replace a newer one. */
const renewals = new WeakMap<BrokerPool, Promise<unknown>>()

const mendMetadataAge = ({ prototype }: ClassOf<BrokerPool>): void => {
  const refresh = asKnown(prototype.refreshMetadata, 'this.metadataExpireAt = Date.now() + this.metadataMaxAge', mend)
  const refreshIfNecessary = asKnown(prototype.refreshMetadataIfNecessary, 'Date.now() > this.metadataExpireAt', mend)

  prototype.refreshMetadata = async function (topics) {
    const before = renewals.get(this) ?? Promise.resolve()
    const renewal = before.catch(() => {}).then(() => refresh.call(this, topics))
    renewals.set(this, renewal)
    const answer = await renewal
    metadataAt.set(this, performance.now())
    return answer
  }
  // Up to its `await` in one go: what is asked later, for more topics, has to be renewed later as well.
  prototype.refreshMetadataIfNecessary = async function (topics) {
    const { metadataMaxAge } = this
    // What removed a broker has written null. Otherwise they shall not look at the clock; 0 is an admin client's, which asks each time.
    if (this.metadataExpireAt != null) this.metadataExpireAt = metadataMaxAge === 0 ? null : Number.POSITIVE_INFINITY
    const latest = renewals.get(this)
    const necessary = refreshIfNecessary.call(this, topics)
    const age = performance.now() - (metadataAt.get(this) ?? 0)
    const isRenewed = renewals.get(this) !== latest || refreshing.has(this)
    if (metadataMaxAge === 0 || age <= metadataMaxAge || isRenewed) {
      await necessary
      return
    }
    refreshing.add(this)
    const refreshed = this.refreshMetadata(topics)
      .catch(() => {
        metadataAt.set(this, performance.now()) // in an age again: what is known may do, and else the request says so itself
      })
      .finally(() => refreshing.delete(this))
    await necessary
    if (age > 2 * metadataMaxAge) await refreshed
  }
}

let mended = false

/**
 * kafkajs 2.2.4 tells by the wall clock when a heartbeat is due (`src/consumer/consumerGroup.js`) and when its metadata are too old
 * (`src/cluster/brokerPool.js`). With the clock set back by ten minutes a consumer sends no heartbeat for ten minutes, so its group gives it
 * up, and hears of no new partition. Here both go by the monotonic clock.
 *
 * Metadata that are merely old are renewed beside the request that finds them so, which waits only when nobody asked for long; and that
 * renewing them fails (one topic of many without a leader is enough) is no reason for that request to fail.
 *
 * What else looks at the wall clock there: the timeouts and the throttle of requests (see `request-queue.ts`); what `autoCommit`, `rackId` and
 * the events' durations need, which are not used; and the times of records, where it belongs.
 * Harmless when repeated. @throws Error when kafkajs has changed.
 */
export const mendClocks = (): void => {
  if (mended) return
  const require = createRequire(import.meta.url)
  mendHeartbeats(require('kafkajs/src/consumer/consumerGroup') as ClassOf<ConsumerGroup>)
  mendMetadataAge(require('kafkajs/src/cluster/brokerPool') as ClassOf<BrokerPool>)
  mended = true
}
