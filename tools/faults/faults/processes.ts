/** Processes that end, stand still or are doubled. */

import { serviceNames as participants } from '@shop/choreography'
import { durationText } from '@shop/command-line'
import { services } from '@shop/manifest'
import { variants } from '@shop/manifest/variants'
import type { ProcessAction, ShopTarget } from '../../running-shop/index.ts'
import type { Effect, Fault, Given, Parameter } from '../fault.ts'

/** The participants of the choreography, then what else the shop runs. */
const serviceNames: readonly string[] = [...new Set([...participants, ...services.map((s) => s.name)])]
/** What leads, where orders are finished in another way than by the choreography. */
const leaderNames: readonly string[] = Object.values(variants)
  .flatMap((variant) => variant.services.map((s) => s.name))
  .filter((name) => !serviceNames.includes(name))
const backendNames = ['kafka', 'rabbitmq', 'postgres', 'mongo'] as const

const anyProcess: Parameter = {
  name: 'process',
  about: 'a service, the broker or a database',
  oneOf: [...serviceNames, ...leaderNames, ...backendNames],
}
export const aService: Parameter = { name: 'service', about: 'a service', oneOf: participants }

export const watchOrders = (shop: ShopTarget): string[] => [`curl -s '${shop.url('order')}/orders?status=PENDING'`]
const watchReady = (shop: ShopTarget, name: string): string[] =>
  serviceNames.includes(name)
    ? [`curl -s ${shop.url(name)}/readyz`]
    : serviceNames.slice(0, 2).map((s) => `curl -s ${shop.url(s)}/readyz`)

const act = (
  name: string,
  about: string,
  forMs: number,
  action: ProcessAction,
  undo: ProcessAction,
  did: (process: string, given: Given) => string,
): Fault => ({
  name,
  group: 'processes',
  about,
  positionals: [anyProcess],
  options: [],
  forMs,
  async begin(shop, given): Promise<Effect> {
    const process = given.text('process')
    await shop.act(action, process, given.forMs > 0 ? { forMs: given.forMs } : {})
    return {
      did: did(process, given),
      watch: [...watchReady(shop, process), ...watchOrders(shop)],
      ...(given.forMs > 0 && { end: () => shop.act(undo, process) }),
    }
  },
})

const restart: Fault = {
  name: 'restart',
  group: 'processes',
  about: 'ends it in order and starts it again',
  positionals: [anyProcess],
  options: [],
  forMs: 0,
  async begin(shop, given) {
    const process = given.text('process')
    await shop.act('restart', process)
    return { did: `${process} was ended in order and started again`, watch: [...watchReady(shop, process), ...watchOrders(shop)] }
  },
}

const scale: Fault = {
  name: 'scale',
  group: 'processes',
  about: 'runs a service several times over; they share its partitions',
  positionals: [aService],
  options: [{ name: 'to', about: 'processes', range: [2, 5], fallback: 2 }],
  forMs: 60_000,
  async begin(shop, given) {
    const service = given.text('service')
    const to = given.number('to')
    await shop.act('scale', service, { to, forMs: given.forMs })
    return {
      did: `${service} runs ${to} times over; its partitions are shared anew`,
      watch: [`curl -s ${shop.url(service)}/metrics | grep consumer_lag`, ...watchOrders(shop)],
      end: () => shop.act('scale', service, { to: 1 }),
    }
  },
}

export const processFaults: readonly Fault[] = [
  {
    ...act('kill', 'SIGKILL; it is started again, with --for not before then', 0, 'kill', 'start', (p, { forMs }) =>
      forMs > 0
        ? `${p} was killed (SIGKILL) and stays down for ${durationText(forMs)}`
        : `${p} was killed (SIGKILL); it is started again`,
    ),
    mayLast: true,
  },
  act(
    'pause',
    'SIGSTOP: connections stay open and nothing answers',
    10_000,
    'pause',
    'resume',
    (p, { forMs }) => `${p} stands still for ${durationText(forMs)}: its connections stay open and nothing answers`,
  ),
  restart,
  act(
    'stop',
    'ends it in order and keeps it down',
    30_000,
    'stop',
    'start',
    (p, { forMs }) => `${p} was ended in order and stays down for ${durationText(forMs)}`,
  ),
  scale,
]
