import { Partitioners } from 'kafkajs'
import { murmur2 } from './murmur2.ts'

/** A produce request failed in a way after which it may be sent again: all of it, by another producer. */
export class SecondAttempt extends Error {
  override readonly name = 'SecondAttempt'

  constructor() {
    super('a produce request failed, and was not tried again by the same producer; see the warning before')
  }
}

/**
 * Refuses a second attempt at the same records, which is when kafkajs 2.2.4 asks for their partitions again. Its retries lose records
 * silently: a broker that has answered the first attempt is left out of the second, also when it has become the leader of what another
 * broker failed to take (`src/producer/sendMessages.js`; https://github.com/tulios/kafkajs/issues/1303, pull request 1798). And a record
 * without a key would go elsewhere, with the sequence number of the first attempt, and be dropped as a duplicate there.
 * Keys go where Java's partitioner puts them; what else there is, is left to kafkajs' own one.
 */
export const onePartitioning: typeof Partitioners.DefaultPartitioner = () => {
  const choose = Partitioners.DefaultPartitioner()
  const attempted = new WeakSet<object>()
  return (args) => {
    if (attempted.has(args.message)) throw new SecondAttempt()
    attempted.add(args.message)
    const { key, partition } = args.message
    if (partition != null || key == null) return choose(args)
    return (murmur2(Buffer.isBuffer(key) ? key : Buffer.from(key)) & 0x7fffffff) % args.partitionMetadata.length
  }
}
