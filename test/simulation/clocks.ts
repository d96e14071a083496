/** The wall clock, which somebody sets, and what must not depend on it. */
import { standstillMsMin } from '@shop/messaging'
import type { Breach } from './breach.ts'
import type { Process } from './process.ts'
import { catalogueOf } from './subscriptions.ts'
import type { World } from './world.ts'

/** Longer than any pause between two attempts, and than a run. */
const jumpsMs = [-3_600_000, -600_000, -1_000, 1_000, 600_000, 3_600_000]

/**
 * Sets the clock of all processes back or forward, as by hand or after a drift. No run is as long as what counts as standing still, so
 * whoever says so afterwards has measured by that clock.
 */
export const setClock = (world: World, processes: readonly Process[]): void => {
  const byMs = world.random.pick(jumpsMs)
  world.tell('the outside', () => `sets the clock ${byMs < 0 ? 'back' : 'forward'} by ${Math.abs(byMs) / 1_000} s`)
  world.setClock(byMs)
  for (const { name, progress } of processes) {
    const { forMs = 0 } = progress.standstill() ?? {}
    if (forMs >= standstillMsMin)
      world.breaches.push({ id: 'intervals-kept', text: `${name} says that it has not gone on for ${forMs / 1_000} s` })
  }
}

/** What undoes a step is tried again at the latest after so long. */
export const compensationRestMsMax = 300_000

/** When that time has passed and nothing is in the way any more, no compensation is left that failed. */
export const compensationsTried = ({ databases }: World, { service, name }: Process): readonly Breach[] => {
  const { lookup, compensates } = catalogueOf(service)
  const typeOf = (ceType = '') => lookup(ceType)?.type ?? ''
  return databases[service].letters
    .find({ kind: 'failed', limit: 1_000 })
    .filter(({ record }) => compensates(typeOf(record.headers.ce_type)))
    .map(({ record }) => ({
      id: 'compensations-tried',
      ...(record.key === null ? {} : { orderId: record.key }),
      text: `${name} has not tried ${typeOf(record.headers.ce_type)} again, though it rested long enough`,
    }))
}
