/** What waits for another event and is lost or repeated, and answers that name the wrong cause. Named as in `npm run simulate`. */
import type { ServiceName } from '@shop/choreography'
import type { Arranged } from '@shop/messaging/driver'
import type { Reservation } from '../../../services/inventory/src/inventory.ts'
import type { Message } from '../kit.ts'
import { type Bug, both, finding, inKit, inService } from './bug.ts'

/** Changes what is arranged of the fresh messages. */
const arranging = (service: ServiceName, change: (arranged: Arranged, fresh: readonly Message[]) => Arranged): Bug['plant'] =>
  inKit(({ arrange }) => ({ arrange: (fresh, needs, arrivalsOf) => change(arrange(fresh, needs, arrivalsOf), fresh) }), [service])

const forgetting = (service: ServiceName): Bug['plant'] =>
  arranging(service, ({ arrivals, ...rest }) => ({
    ...rest,
    arrivals: new Map([...arrivals].map(([key, kept]) => [key, { ...kept, waiting: [] }])),
  }))

const undecided = ({ status: _, ...reservation }: Reservation): Reservation => reservation

export const bugsInWaiting: readonly Bug[] = [
  {
    name: 'early-capture-forgotten',
    does: 'forgets a PaymentCaptured that comes before its order',
    plant: forgetting('inventory'),
  },
  {
    name: 'early-reservation-forgotten',
    does: 'forgets a StockReserved that comes before its order',
    plant: forgetting('delivery'),
  },
  {
    name: 'waiting-not-awaited',
    does: 'drops a PaymentCaptured that waits when its order comes',
    plant: arranging('inventory', ({ due, ...rest }, fresh) => ({
      due: due.filter((m) => fresh.some((f) => f.id === m.id)),
      ...rest,
    })),
  },
  {
    name: 'waiting-carried-out-twice',
    does: 'carries out twice a PaymentCaptured that waited for its order: neither the store nor the status stops it',
    plant: both(
      arranging('inventory', ({ due, ...rest }, fresh) => ({
        due: due.flatMap((m) => (fresh.some((f) => f.id === m.id) ? [m] : [m, m])),
        ...rest,
      })),
      inService('inventory', (real) =>
        finding<Reservation>(real, (reservation, { type }) =>
          type === 'PaymentCaptured' ? undecided(reservation) : reservation,
        ),
      ),
    ),
  },
  {
    name: 'waiting-not-forgotten',
    does: 'keeps a PaymentCaptured waiting that it has carried out',
    plant: arranging('inventory', ({ due, arrivals, bringing }, fresh) => {
      const released = due.filter((m) => fresh.every((f) => f.id !== m.id))
      return {
        due,
        bringing,
        arrivals: new Map([...arrivals].map(([key, kept]) => [key, { ...kept, waiting: [...kept.waiting, ...released] }])),
      }
    }),
  },
  {
    name: 'wrong-cause',
    does: 'calls OrderPlaced the cause of what an early PaymentCaptured was waiting to cause',
    plant: arranging('inventory', ({ due, ...rest }, [fresh]) => ({
      due: due.map((m) => (fresh?.type === 'OrderPlaced' ? { ...m, id: fresh.id } : m)),
      ...rest,
    })),
  },
]
