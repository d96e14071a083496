/** Services that tell something else again than they told. */
import { newId } from '@shop/messaging'
import type { Bug } from './bug.ts'

const newIds: Bug = {
  name: 'told-again-with-new-id',
  does: 'tells payments again under new ids: whoever has handled them handles them once more',
  plant: (real) => ({
    tellAgain: (databases, service) =>
      real.tellAgain(databases, service).map((m) => (service === 'payment' ? { ...m, id: newId() } : m)),
  }),
}

const withoutCompensations: Bug = {
  name: 'compensation-not-told-again',
  does: 'tells again what was done, but not what was undone',
  plant: (real) => ({
    tellAgain: (databases, service) =>
      real.tellAgain(databases, service).filter(({ type }) => type !== 'PaymentRefunded' && type !== 'StockReleased'),
  }),
}

const withoutEnds: Bug = {
  name: 'end-not-told-again',
  does: 'tells orders again only as long as they are open',
  plant: (real) => ({
    tellAgain: (databases, service) =>
      real.tellAgain(databases, service).filter(({ type }) => type !== 'OrderConfirmed' && type !== 'OrderCancelled'),
  }),
}

export const bugsInTellingAgain: readonly Bug[] = [newIds, withoutCompensations, withoutEnds]
