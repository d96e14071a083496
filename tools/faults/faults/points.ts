/** The fault points inside the services: a crash, a wait or an error between two durable steps. */

import { allEvents } from '@shop/choreography'
import { durationText, Refused } from '@shop/command-line'
import { faultPoints } from '@shop/messaging'
import type { Fault, Parameter } from '../fault.ts'
import { aService, watchOrders } from './processes.ts'

const point: Parameter = { name: 'point', about: 'on a message’s way', oneOf: faultPoints }
const common: readonly Parameter[] = [
  {
    name: 'type',
    about: 'only with an event of this type; default any',
    oneOf: allEvents.map((e) => e.name),
    optional: true,
  },
  { name: 'order', about: 'only with an event of this order; default any', optional: true },
  { name: 'nth', about: 'the first pass that meets it', range: [1, 1_000_000_000], fallback: 1 },
]
const times: Parameter = { name: 'times', about: 'passes in a row that meet it', range: [1, 1_000_000_000], fallback: 1 }

const atPoint = (
  name: string,
  about: string,
  action: 'crash' | 'stall' | 'throw' | 'poison',
  options: readonly Parameter[],
): Fault => ({
  name,
  group: 'fault points',
  about,
  positionals: [point, aService],
  options: [...common, ...options],
  forMs: 60_000,
  needs: 'faults',
  async begin(shop, given) {
    const [at, service, type, key] = [given.text('point'), given.text('service'), given.maybe('type'), given.maybe('order')]
    const set = (await shop.admin(service, 'POST', '/faults', {
      point: at,
      action,
      nth: given.number('nth'),
      ...(given.maybe('times') !== undefined && { times: given.number('times') }),
      ...(type !== undefined && { type }),
      ...(key !== undefined && { key }),
      ...(action === 'stall' && { stallMs: given.number('ms') }),
      forMs: given.forMs,
    })) as { id: string }[]
    if (set.length === 0) throw new Refused(`${service} does not run`)
    const what = { crash: 'is killed', stall: `waits ${given.maybe('ms')} ms`, throw: 'fails', poison: 'fails for one order' }[
      action
    ]
    return {
      did: `${service} ${what} at ${at}${type === undefined ? '' : ` with ${type}`}, within the next ${durationText(given.forMs)}`,
      watch: [`curl -s ${shop.url(service)}/readyz`, ...watchOrders(shop), 'npm run dead-letters -- list'],
      // gone when the process is
      end: async () =>
        void (await Promise.all(set.map(({ id }) => shop.admin(service, 'DELETE', `/faults/${id}`).catch(() => {})))),
    }
  },
})

export const pointFaults: readonly Fault[] = [
  atPoint('crash-at', 'the service kills itself (SIGKILL) at a fault point', 'crash', [times]),
  atPoint('stall-at', 'the service waits at a fault point', 'stall', [
    { name: 'ms', about: 'milliseconds', range: [1, 600_000], fallback: 5_000 },
    times,
  ]),
  atPoint('throw-at', 'the service fails at a fault point, as with a defect', 'throw', [times]),
  atPoint('poison-at', 'one order fails at a fault point, again and again', 'poison', []),
]
