/** What must hold between the services of one order, at any time: how far one of them has gone says how far others have to be. */
import type { Statuses } from '../choreographed/parts.ts'

interface Agreement {
  readonly id: string
  /** The statuses from which it follows. */
  readonly when: Partial<Statuses>
  /** For each of these services, one of its statuses. */
  readonly must: { readonly [Service in keyof Statuses]?: readonly string[] }
}

const agreements: readonly Agreement[] = [
  { id: 'confirmed-after-the-pivot', when: { order: 'CONFIRMED' }, must: { delivery: ['SCHEDULED'], payment: ['CAPTURED'] } },
  {
    id: 'cancelled-when-undone',
    when: { order: 'CANCELLED' },
    must: { delivery: ['none', 'REJECTED'], payment: ['DECLINED', 'REFUNDED'], inventory: ['none', 'REJECTED', 'RELEASED'] },
  },
  {
    id: 'scheduled-when-paid',
    when: { delivery: 'SCHEDULED' },
    must: { payment: ['CAPTURED'], inventory: ['RESERVED', 'ISSUED'] },
  },
  { id: 'reserved-when-paid', when: { inventory: 'RESERVED' }, must: { payment: ['CAPTURED'] } },
  { id: 'issued-when-scheduled', when: { inventory: 'ISSUED' }, must: { delivery: ['SCHEDULED'] } },
  { id: 'released-when-rejected', when: { inventory: 'RELEASED' }, must: { delivery: ['REJECTED'] } },
  { id: 'refunded-when-released', when: { payment: 'REFUNDED' }, must: { inventory: ['REJECTED', 'RELEASED'] } },
]

export const disagreement = (statuses: Statuses): string | undefined => {
  const services = Object.keys(statuses) as (keyof Statuses)[]
  for (const { id, when, must } of agreements) {
    if (!services.every((s) => when[s] === undefined || when[s] === statuses[s])) continue
    const other = services.find((s) => must[s] !== undefined && !must[s].includes(statuses[s]))
    if (other !== undefined)
      return `${id}: ${Object.entries(when)
        .map(([s, status]) => `${s} is ${status}`)
        .join(', ')}, but ${other} is ${statuses[other]}`
  }
  return undefined
}
