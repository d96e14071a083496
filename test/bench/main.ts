/** `npm run bench`: how fast the whole shop is, and what an order costs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { latencyOf, type Phase, type Report, reportText } from './figures.ts'
import { followOrders } from './follower.ts'
import { bodies, Load } from './load.ts'
import { type BenchShop, startBenchShop } from './shop.ts'
import { usageOf } from './usage.ts'

const usage = `npm run bench -- [options]

Starts a fresh shop, loads it, follows each order to its end by its events, and checks every invariant afterwards. Load, services, broker
and databases share the machine.

  --phases LIST      of max, 5, 50, 90, overload; default max,5,50,90. 5 is a rate; 50 and 90 are percent of the maximum, which needs
                     max before them; overload is twice the maximum
  --seconds N        of each phase; default 60 (5 orders/s: 30)
  --in-flight N      orders on their way in the phase max; default 400
  --fail PERCENT     of the orders that fail and are compensated, in three ways by turns; default 0
  --customers N      1 to 100, default 100; --hot-account: one for all
  --max RATE         takes this for the maximum instead of measuring it
  --out FILE         saves the figures as JSON; --compare FILE prints this run's ratios to another one's; --json prints JSON
Exit code 1 when the check does not hold: the run does not count then.`

const eventsPerConfirmed = 5
const warmUpSeconds = 15

interface Options {
  readonly phases: readonly string[]
  readonly seconds: number
  readonly inFlight: number
  readonly failPercent: number
  readonly customers: number
  readonly hotAccount: boolean
  readonly max: number | undefined
  readonly out: string | undefined
  readonly compare: string | undefined
  readonly json: boolean
}

/** The request makes no sense; the message says why. */
class Misuse extends Error {}

const whole = (name: string, text: string | undefined, byDefault: number, [min, max]: readonly [number, number]): number => {
  const value = text === undefined ? byDefault : Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    throw new Misuse(`--${name}: expected a whole number, ${min} to ${max}`)
  return value
}

const knownPhases = ['max', '5', '50', '90', 'overload']

/** @throws Misuse */
const readOptions = (args: readonly string[]): Options | undefined => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const options = {
    ...{ phases: text, seconds: text, 'in-flight': text, fail: text, customers: text, max: text, out: text, compare: text },
    ...{ 'hot-account': flag, json: flag, help: { ...flag, short: 'h' } },
  } as const
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values']
  try {
    values = parseArgs({ args: [...args], options }).values
  } catch (error) {
    throw new Misuse(`${(error as Error).message.split('. ')[0]}; --help tells the options`)
  }
  if (values.help) return undefined
  const phases = (values.phases ?? 'max,5,50,90').split(',')
  const unknown = phases.find((p) => !knownPhases.includes(p))
  if (unknown !== undefined) throw new Misuse(`--phases: ${unknown} is none of ${knownPhases.join(', ')}`)
  const max = values.max === undefined ? undefined : whole('max', values.max, 0, [1, 100_000])
  const share = phases.findIndex((p) => p !== 'max' && p !== '5')
  if (max === undefined && share >= 0 && !phases.slice(0, share).includes('max'))
    throw new Misuse(`--phases: ${phases[share]} needs max before it, or --max`)
  return {
    phases,
    max,
    seconds: whole('seconds', values.seconds, 60, [1, 3_600]),
    inFlight: whole('in-flight', values['in-flight'], 400, [1, 10_000]),
    failPercent: whole('fail', values.fail, 0, [0, 100]),
    customers: whole('customers', values.customers, 100, [1, 100]),
    hotAccount: values['hot-account'] ?? false,
    out: values.out,
    compare: values.compare,
    json: values.json ?? false,
  }
}

const tell = (line: string) => console.error(`bench: ${line}`)

type Ends = { current?: Load }

/** Runs one stretch of load and measures around it. */
const measure = async (
  name: string,
  shop: BenchShop,
  ends: Ends,
  load: Load,
  drive: (load: Load) => Promise<void>,
): Promise<Phase> => {
  tell(`${name} …`)
  const pids = shop.pids()
  const [usageBefore, commitsBefore, batchesBefore] = [usageOf(pids), await shop.commits(), await shop.batches()]
  ends.current = load
  const progress = setInterval(() => tell(`${name}: ${load.accepted} accepted, ${load.timesMs.length} ended`), 10_000)
  await drive(load).finally(() => clearInterval(progress))
  await load.drain()
  const usageAfter = usageOf(pids)
  const [commitsAfter, batchesAfter] = [await shop.commits(), await shop.batches()]
  const completed = load.timesMs.length
  return {
    name,
    seconds: load.seconds,
    accepted: load.accepted,
    acceptedPerSecond: load.acceptedPerSecond,
    confirmed: load.confirmed,
    cancelled: load.cancelled,
    completedPerSecond: load.completedPerSecond,
    refused: load.refused,
    failed: load.failed,
    open: load.open,
    latency: latencyOf(load.timesMs),
    cpuMsPerOrder: Object.fromEntries(
      Object.entries(usageAfter.cpuMs).map(([process, ms]) => [process, (ms - (usageBefore.cpuMs[process] ?? 0)) / completed]),
    ),
    residentMb: usageAfter.residentMb,
    eventsPerSecond: load.completedPerSecond * eventsPerConfirmed,
    batchSize: Object.fromEntries(
      Object.entries(batchesAfter).map(([service, { messages, transactions }]) => {
        const before = batchesBefore[service] ?? { messages: 0, transactions: 0 }
        return [service, (messages - before.messages) / (transactions - before.transactions)]
      }),
    ),
    postgresCommitsPerOrder: (commitsAfter - commitsBefore) / completed,
  }
}

/** Until ends of orders are seen, and then for some seconds: compilers, caches, connections. */
const warmUp = async (ends: Ends, makeLoad: () => Load, inFlight: number, seconds: number): Promise<void> => {
  tell(`warming up, ${seconds} s …`)
  const first = makeLoad()
  ends.current = first
  for (let attempt = 0; attempt < 60 && first.timesMs.length === 0; attempt++) {
    await first.atRate(5, 0.2)
    await pause(500)
  }
  if (first.timesMs.length === 0) throw new Error('no order has ended within 30 s of the start')
  const load = makeLoad()
  ends.current = load
  await load.closed(inFlight, seconds)
  await load.drain()
}

const run = async (options: Options): Promise<Report> => {
  const shop = await startBenchShop(tell)
  const ends: Ends = {}
  try {
    const follower = await followOrders(shop.brokers, (orderId, outcome) => ends.current?.end(orderId, outcome))
    const makeLoad = () => new Load(shop.urls.order ?? '', bodies(options))
    await warmUp(ends, makeLoad, options.inFlight, Math.min(warmUpSeconds, options.seconds))
    const phases: Phase[] = []
    let max = options.max ?? 0
    for (const name of options.phases) {
      const rate = { max: undefined, 5: 5, 50: max * 0.5, 90: max * 0.9, overload: max * 2 }[name]
      const seconds = name === '5' ? Math.min(30, options.seconds) : options.seconds
      const title =
        rate === undefined ? 'max' : `${name === '5' ? '' : `${name === 'overload' ? '200' : name} %: `}${Math.round(rate)}/s`
      const phase = await measure(title, shop, ends, makeLoad(), (load) =>
        rate === undefined ? load.closed(options.inFlight, seconds) : load.atRate(rate, seconds),
      )
      if (rate === undefined) max = phase.completedPerSecond
      phases.push(phase)
    }
    await follower.stop()
    const durability = await shop.durability()
    tell('checking every invariant …')
    const check = await shop.check(120)
    const { phases: _, out: __, compare: ___, json: ____, ...settings } = options
    return { at: new Date().toISOString(), machine: `${cpus().length} cores`, settings, durability, phases, check }
  } finally {
    await shop.stop()
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) console.log(usage)
  else {
    const before = options.compare === undefined ? undefined : (JSON.parse(readFileSync(options.compare, 'utf8')) as Report)
    const report = await run(options)
    if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`)
    console.log(options.json ? JSON.stringify(report, null, 2) : reportText(report, before))
  }
} catch (error) {
  console.error(error instanceof Misuse ? error.message : `bench: ${(error as Error).message}`)
  process.exitCode = error instanceof Misuse ? 2 : 1
}
