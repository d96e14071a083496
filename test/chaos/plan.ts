/** PURE: a seed gives the faults of a run and when they begin. */
import { allTopics, ownTopic, serviceNames } from '@shop/choreography'
import { type Random, randomOf } from './random.ts'

/** A kind of fault, and how one of it is called. */
export interface FaultClass {
  readonly name: string
  /**
   * `machines`: processes, links and fault points, one after the other, so that each one's recovery can be told; `others`: messages and
   * refusals, beside them.
   */
  readonly lane: 'machines' | 'others'
  /** the arguments of `npm run fault`; `forMs` is how long it is to last, where it lasts */
  readonly args: (random: Random, forMs: number) => string[]
  /** recovery counts from when it began, as for a kill; else from when it was over */
  readonly momentary?: true
  /** what failed is set aside until somebody replays it */
  readonly leavesLetters?: true
}

const services = serviceNames
const relaying = services.filter((s) => ownTopic(s) !== undefined)
const topics = allTopics().events
const handlingPoints = ['after-receive', 'before-commit', 'after-commit', 'before-offset-commit']
const relayPoints = ['relay-before-publish', 'relay-after-publish', 'relay-after-mark']
const skus = ['sticker', 'keyboard', 'mouse']

const lasting = (forMs: number): string[] => ['--for', `${forMs}ms`]
const now = true as const

const ofProcess = (what: string, pick: (random: Random) => string): FaultClass[] => [
  { name: `kill ${what}`, lane: 'machines', args: (r) => ['kill', pick(r)], momentary: now },
  { name: `down ${what}`, lane: 'machines', args: (r, ms) => ['kill', pick(r), ...lasting(ms)] },
  { name: `pause ${what}`, lane: 'machines', args: (r, ms) => ['pause', pick(r), ...lasting(ms)] },
  { name: `restart ${what}`, lane: 'machines', args: (r) => ['restart', pick(r)] },
]

const onLink = (toxic: string, ...options: string[]): FaultClass => ({
  name: toxic,
  lane: 'machines',
  args: (r, ms) => [toxic, r.pick(services), r.pick(['kafka', 'database']), ...options, ...lasting(ms)],
})

const atPoint = (name: string, points: readonly string[], options: (r: Random) => string[]): Omit<FaultClass, 'name'> => ({
  lane: 'machines',
  args: (r, ms) => [name, r.pick(points), r.pick(points === relayPoints ? relaying : services), ...options(r), ...lasting(ms)],
})

const malformed = (kind: string): FaultClass => ({
  name: `malformed ${kind}`,
  lane: 'others',
  args: (r) => ['malformed', kind, r.pick(topics)],
  momentary: now,
})

export const faultClasses: readonly FaultClass[] = [
  ...ofProcess('a service', (r) => r.pick(services)),
  ...ofProcess('the broker', () => 'kafka'),
  ...ofProcess('PostgreSQL', () => 'postgres'),
  ...ofProcess('MongoDB', () => 'mongo'),
  { name: 'scale', lane: 'machines', args: (r, ms) => ['scale', r.pick(services), ...lasting(ms)] },
  onLink('latency', '--ms', '300'),
  onLink('down'),
  onLink('reset-peer'),
  onLink('timeout'),
  onLink('slow-close'),
  onLink('bandwidth'),
  onLink('limit-data'),
  onLink('half-close'),
  { name: 'crash at a handling point', ...atPoint('crash-at', handlingPoints, () => []), momentary: now },
  { name: 'crash at a relay point', ...atPoint('crash-at', relayPoints, () => []), momentary: now },
  {
    name: 'crash before an answer',
    lane: 'machines',
    args: (_, ms) => ['crash-at', 'http-after-store', 'order', ...lasting(ms)],
    momentary: now,
  },
  { name: 'stall at a handling point', ...atPoint('stall-at', handlingPoints, () => ['--ms', '3000']) },
  { name: 'stall at a relay point', ...atPoint('stall-at', relayPoints, () => ['--ms', '3000']) },
  {
    name: 'throw at a handling point',
    ...atPoint('throw-at', ['after-receive', 'before-commit', 'after-commit'], (r) => ['--times', String(r.between(1, 12))]),
    leavesLetters: true,
  },
  { name: 'throw at a relay point', ...atPoint('throw-at', relayPoints, (r) => ['--times', String(r.between(1, 5))]) },
  {
    name: 'poison an order',
    lane: 'machines',
    args: (r, ms) => ['poison-at', 'before-commit', r.pick(services), ...lasting(ms)],
    leavesLetters: true,
  },
  { name: 'duplicate', lane: 'others', args: (r) => ['duplicate', r.pick(topics)], momentary: now },
  { name: 'stale', lane: 'others', args: (r) => ['stale', r.pick(topics)], momentary: now },
  { name: 'delayed', lane: 'others', args: (r, ms) => ['delayed', r.pick(topics), ...lasting(ms)] },
  ...['bad-json', 'wrong-schema', 'unknown-type', 'large', 'missing-headers'].map(malformed),
  { name: 'second-relay', lane: 'others', args: (r, ms) => ['second-relay', r.pick(relaying), ...lasting(ms)] },
  { name: 'rebalance', lane: 'others', args: (r, ms) => ['rebalance', r.pick(services), ...lasting(ms)] },
  { name: 'refuse-payments', lane: 'others', args: (r, ms) => ['refuse-payments', `${r.between(10, 60)}%`, ...lasting(ms)] },
  { name: 'no-stock', lane: 'others', args: (r, ms) => ['no-stock', r.pick(skus), ...lasting(ms)] },
  { name: 'reject-deliveries', lane: 'others', args: (r, ms) => ['reject-deliveries', `${r.between(10, 60)}%`, ...lasting(ms)] },
]

export interface PlannedFault {
  readonly className: string
  readonly lane: FaultClass['lane']
  /** of `npm run fault` */
  readonly args: readonly string[]
  /** a pause before it, after the one before it in its lane has ended */
  readonly afterMs: number
  readonly momentary: boolean
  readonly leavesLetters: boolean
}

/** These faults once, one after the other, instead of a seed's. @param lines as behind `npm run fault --` */
export const planOf = (lines: readonly string[], afterMs: number): PlannedFault[] =>
  lines.map((line) => {
    const args = line.trim().split(/\s+/)
    return { className: line.trim(), lane: 'machines', args, afterMs, momentary: !args.includes('--for'), leavesLetters: false }
  })

export interface PlanOptions {
  readonly seed: number
  /** the shortest and longest time of a fault that lasts */
  readonly forMs: readonly [number, number]
  /** the shortest and longest time between two faults of a lane */
  readonly gapMs: readonly [number, number]
}

/** Without end: per lane each class once in a shuffled order, then again in another one. */
export function* planFor(lane: FaultClass['lane'], { seed, forMs, gapMs }: PlanOptions): Generator<PlannedFault> {
  const random = randomOf(lane === 'machines' ? seed : seed ^ 0x5bd1e995)
  const classes = faultClasses.filter((c) => c.lane === lane)
  for (;;)
    for (const { name, args, momentary = false, leavesLetters = false } of random.shuffled(classes)) {
      const afterMs = random.between(...gapMs)
      yield { className: name, lane, args: args(random, random.between(...forMs)), afterMs, momentary, leavesLetters }
    }
}
