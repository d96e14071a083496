/** Takes records into the projection so that none of them can stop it. */
import type { ConsumedRecord } from '@shop/messaging'
import type { Log } from '@shop/service-host'
import { placeOf } from './observation.ts'
import type { Change, Projection } from './projection.ts'
import { blamesEnvironment } from './store.ts'

/**
 * A chunk at which the projection throws is taken record by record, and the one at which it throws all the same is passed over: counted in
 * the store, and told in the log with its place and reason. What fails for the store's own sake (a full disk) is thrown.
 * @returns the changes, in their order.
 */
export const applySafely = (
  projection: Pick<Projection, 'apply' | 'passOver'>,
  records: readonly ConsumedRecord[],
  log: Pick<Log, 'error'>,
): readonly Change[] => {
  try {
    return [projection.apply(records)]
  } catch (error) {
    if (blamesEnvironment(error)) throw error
    const [record, another] = records
    if (record === undefined) throw error
    if (another !== undefined) return records.flatMap((r) => applySafely(projection, [r], log))
    const { topic, partition, offset } = placeOf(record)
    log.error({ err: error, record: `${topic}/${partition}@${offset}` }, 'a record could not be taken and is left out')
    projection.passOver(record)
    return []
  }
}
