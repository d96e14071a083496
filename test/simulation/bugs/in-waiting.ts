/** Stores that lose or repeat what waits for another event, and answers that name the wrong cause. */
import type { Message } from '@shop/messaging'
import type { Arranged, Arrivals, Doubted } from '@shop/messaging/driver'
import { MemoryMessageStore, MemoryTablesStore } from '@shop/messaging/memory'
import type { Reservation } from '../../../services/inventory/src/inventory.ts'
import type { Parts } from '../parts.ts'
import type { Bug } from './bug.ts'

/** What is arranged of the fresh messages, changed. */
type Change = (arranged: Arranged, fresh: readonly Message[]) => Arranged
type Arranging = [fresh: readonly Message[], arrivalsOf: (key: string) => Arrivals, doubted: Doubted]

const forgetting: Change = ({ arrivals, ...rest }) => ({
  ...rest,
  arrivals: new Map([...arrivals].map(([key, kept]) => [key, { ...kept, waiting: [] }])),
})

const changedDocuments =
  (change: Change): Parts['openDocuments'] =>
  <State>(_service: string, database: ConstructorParameters<typeof MemoryMessageStore<State>>[0]) =>
    new (class extends MemoryMessageStore<State> {
      protected override arrange(...[fresh, ...rest]: Arranging): Arranged {
        return change(super.arrange(fresh, ...rest), fresh)
      }
    })(database)

const changedTables =
  (change: Change): Parts['openTables'] =>
  (_service, tables) =>
    new (class extends MemoryTablesStore {
      protected override arrange(...[fresh, ...rest]: Arranging): Arranged {
        return change(super.arrange(fresh, ...rest), fresh)
      }
    })(tables)

/** Two guards at once: the reservation's status alone hides that an event is carried out twice. */
const carriedOutTwice: Bug = {
  name: 'waiting-carried-out-twice',
  does: 'carries out twice a PaymentCaptured that waited for its order: neither the store nor the status stops it',
  plant: (real) => ({
    openTables: changedTables(({ due, ...rest }, fresh) => ({
      due: due.flatMap((m) => (fresh.includes(m) ? [m] : [m, m])),
      ...rest,
    })),
    inventoryReact: async (work, events, doubt) => {
      const told: Message[] = []
      for (const [i, event] of events.entries()) {
        const reservation = work.get<Reservation>('reservations', event.key)
        if (reservation !== undefined && events.indexOf(event) < i) {
          const { status: _, ...undecided } = reservation
          work.set<Reservation>('reservations', event.key, undecided)
        }
        told.push(...(await real.inventoryReact(work, [event], doubt)))
      }
      return told
    },
  }),
}

const keptWaiting: Bug = {
  name: 'waiting-not-forgotten',
  does: 'keeps a PaymentCaptured waiting that it has carried out',
  plant: () => ({
    openTables: changedTables(({ due, arrivals, bringing }, fresh) => {
      const released = due.filter((m) => !fresh.includes(m))
      return {
        due,
        bringing,
        arrivals: new Map(
          [...arrivals].map(([key, kept]) => [
            key,
            { ...kept, waiting: [...kept.waiting, ...released.filter((m) => m.key === key)] },
          ]),
        ),
      }
    }),
  }),
}

const wrongCause: Bug = {
  name: 'wrong-cause',
  does: 'calls OrderPlaced the cause of what an early PaymentCaptured was waiting to cause',
  plant: () => ({
    openTables: changedTables(({ due, ...rest }, fresh) => {
      const placed = new Map(fresh.filter((m) => m.type === 'OrderPlaced').map((m) => [m.key, m.id]))
      return { due: due.map((m) => (fresh.includes(m) ? m : { ...m, id: placed.get(m.key) ?? m.id })), ...rest }
    }),
  }),
}

export const bugsInWaiting: readonly Bug[] = [
  {
    name: 'early-capture-forgotten',
    does: 'forgets a PaymentCaptured that comes before its order',
    plant: () => ({ openTables: changedTables(forgetting) }),
  },
  {
    name: 'early-reservation-forgotten',
    does: 'forgets a StockReserved that comes before its order',
    plant: () => ({ openDocuments: changedDocuments(forgetting) }),
  },
  {
    name: 'waiting-not-awaited',
    does: 'drops a PaymentCaptured that waits when its order comes',
    plant: () => ({
      openTables: changedTables(({ due, ...rest }, fresh) => ({ due: due.filter((m) => fresh.includes(m)), ...rest })),
    }),
  },
  carriedOutTwice,
  keptWaiting,
  wrongCause,
]
