/** Links between a service and the broker or its database that are slow, cut, or closed by halves. */

import { durationText } from '@shop/command-line'
import type { Party } from '../../running-shop/index.ts'
import { streams, type Toxic } from '../../running-shop/index.ts'
import type { Fault, Given, Parameter } from '../fault.ts'
import { aService, watchOrders } from './processes.ts'

const party: Parameter = { name: 'party', about: 'what it uses', oneOf: ['kafka', 'database'] }
const stream: Parameter = {
  name: 'stream',
  about: 'downstream is what the service receives',
  oneOf: streams,
  fallback: 'downstream',
}
const ms = (fallback: number, about: string): Parameter => ({ name: 'ms', about, range: [0, 600_000], fallback })
const streamOf = (given: Given) => given.text('stream') as (typeof streams)[number]

const onLink = (
  name: string,
  about: string,
  options: readonly Parameter[],
  toxicOf: (given: Given) => Toxic,
  did: (given: Given) => string,
): Fault => ({
  name,
  group: 'network',
  about,
  positionals: [aService, party],
  options,
  forMs: 20_000,
  needs: 'faults',
  async begin(shop, given) {
    const service = given.text('service')
    const to = given.text('party') as Party
    const end = await shop.poison(service, to, toxicOf(given), given.forMs)
    return {
      did: `between ${service} and ${to === 'kafka' ? 'Kafka' : 'its database'} ${did(given)}, for ${durationText(given.forMs)}`,
      watch: [`curl -s ${shop.url(service)}/readyz`, ...watchOrders(shop)],
      end,
    }
  },
})

export const networkFaults: readonly Fault[] = [
  onLink(
    'latency',
    'every byte comes later',
    [ms(500, 'milliseconds later'), { name: 'jitter', about: 'give or take', range: [0, 60_000], fallback: 100 }, stream],
    (given) => ({ kind: 'latency', stream: streamOf(given), ms: given.number('ms'), jitterMs: given.number('jitter') }),
    (given) => `every byte comes ${given.number('ms')} ms later, give or take ${given.number('jitter')} ms`,
  ),
  onLink(
    'down',
    'connections are cut and new ones refused',
    [],
    () => ({ kind: 'down' }),
    () => 'connections are cut and new ones refused',
  ),
  onLink(
    'reset-peer',
    'each connection is reset (RST) after a while',
    [ms(500, 'milliseconds until then')],
    (given) => ({ kind: 'reset_peer', ms: given.number('ms') }),
    (given) => `each connection is reset after ${given.number('ms')} ms`,
  ),
  onLink(
    'timeout',
    'nothing gets through, connections stay open',
    [ms(0, 'milliseconds until each is closed; 0: when the fault ends'), stream],
    (given) => ({ kind: 'timeout', stream: streamOf(given), ms: given.number('ms') }),
    () => 'nothing gets through, and nobody is told',
  ),
  onLink(
    'slow-close',
    'the end of a connection is told late',
    [ms(5_000, 'milliseconds late'), stream],
    (given) => ({ kind: 'slow_close', stream: streamOf(given), ms: given.number('ms') }),
    (given) => `the end of a connection is told ${given.number('ms')} ms late`,
  ),
  onLink(
    'bandwidth',
    'only so many bytes a second',
    [{ name: 'rate', about: 'bytes a second', range: [1, 1_000_000_000], fallback: 20_000 }, stream],
    (given) => ({ kind: 'bandwidth', stream: streamOf(given), bytesPerSecond: given.number('rate') }),
    (given) => `${given.number('rate')} bytes pass in a second`,
  ),
  onLink(
    'limit-data',
    'each connection is closed after so many bytes',
    [{ name: 'bytes', about: 'until then', range: [0, 1_000_000_000], fallback: 20_000 }, stream],
    (given) => ({ kind: 'limit_data', stream: streamOf(given), bytes: given.number('bytes') }),
    (given) => `each connection is closed after ${given.number('bytes')} bytes`,
  ),
  onLink(
    'half-close',
    'one stream of each connection ends (FIN), the other goes on',
    [{ ...stream, oneOf: ['downstream', 'upstream'] }],
    (given) => ({ kind: 'half_close', stream: given.text('stream') as 'downstream' | 'upstream' }),
    (given) => `the ${given.text('stream')} of each connection ends, the other stream goes on`,
  ),
]
