/**
 * `npm run simulate`: the real code of the services and of the kit (deciders, reactions, envelopes, batch handling, relay, dead letters)
 * under a seeded scheduler, over stores, topics and a clock in memory. A seed decides everything that happens in its run: deliveries in
 * batches of any size, duplicates and stale records, other orders of the topics, broken records, kills at every fault point, two processes
 * of a service at once, faults that pass and events that cannot be handled for a while, cancellations, deadlines, repeated requests.
 * Then the faults stop, all has to come to rest, and the invariants of `npm run check` judge the databases and the topics.
 */
import { availableParallelism } from 'node:os'
import { command, flag, Misuse, option, optionOr, runCommand, text, type Values, wholeNumber } from '@shop/command-line'
import { bugs } from './bugs/index.ts'
import { partsWith, runSeed } from './campaign.ts'
import { Coverage, type Met } from './coverage.ts'
import { type Hunt, huntBugs, type Report, type Spent, simulate } from './simulate.ts'

const fromOn = (min: number) => wholeNumber(min, Number.MAX_SAFE_INTEGER)

const simulateCommand = command({
  name: 'simulate',
  usage: 'npm run simulate [-- options]',
  about: `Runs the shop's real code in a deterministic simulation, and checks its invariants. The run fails as vacuous when there is an event
type and a fault point of a service at which no process was killed, or a way in which no order ended.`,
  options: {
    seeds: option('N', 'how many runs; default 20000, with --bugs the most for each bug; default 50000', fromOn(1)),
    from: optionOr('S', 'the first seed; default 1', fromOn(0), 1),
    seed: option('S', 'one run, with its trace', fromOn(0)),
    bugs: flag(`plants ${bugs.length} bugs, one after the other, each of which has to be found`),
    bug: option('NAME', 'plants this one; --bugs lists the names', text),
    workers: optionOr('W', 'threads; default: one per processor', fromOn(1), availableParallelism()),
    time: flag('says how long it took'),
    json: flag('prints the result for machines'),
  },
  examples: [
    ['npm run simulate -- --seeds 1000', 'a thousand runs'],
    ['npm run simulate -- --seed 42', 'one of them, step by step'],
    ['npm run simulate -- --bugs', 'whether it finds what is wrong'],
  ],
  exitCodes: '0 all holds (and every bug was found), 1 it does not, 2 the request makes no sense, or it cannot be carried out',
  failureCode: 2,
})

const seedsByDefault = 20_000
const seedsForBugs = 50_000

interface Arguments extends Omit<Values<typeof simulateCommand.options>, 'seeds'> {
  readonly seeds: number
}

/** @throws Misuse */
const completed = (given: Values<typeof simulateCommand.options>): Arguments => {
  if (given.bug !== undefined && !bugs.some((b) => b.name === given.bug))
    throw new Misuse(`there is no bug called ${given.bug}; the names are: ${bugs.map((b) => b.name).join(', ')}`)
  return { ...given, seeds: given.seeds ?? (given.bugs ? seedsForBugs : seedsByDefault) }
}

const progressIntervalMs = 5_000

/** A line now and then, on the error stream: the result stays alone on the other one. */
const progressOf = (of: string) => {
  let toldAt = performance.now()
  return (runs: number): void => {
    if (performance.now() - toldAt < progressIntervalMs) return
    toldAt = performance.now()
    console.error(`simulate: ${runs.toLocaleString('en')}${of}`)
  }
}

const timeOf = ({ seconds, cpuSeconds }: Spent, runs: number): string =>
  `${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU time; ${Math.round(runs / seconds).toLocaleString('en')} runs/s, ${((1_000 * cpuSeconds) / runs).toFixed(2)} ms of CPU time each`

/** One run with everything that happens in it. @returns true when all holds. */
const replay = async (seed: number, bugName: string | undefined): Promise<boolean> => {
  const bug = bugs.find((b) => b.name === bugName)
  console.log(`seed ${seed}${bug ? `, with the planted bug ${bug.name}: ${bug.does}` : ''}`)
  const breaches = await runSeed(seed, partsWith(bug), new Coverage(), console.log)
  for (const { id, orderId, text } of breaches)
    console.log(`✗ ${id}: ${orderId === undefined ? '' : `order ${orderId}: `}${text}`)
  console.log(
    breaches.length === 0 ? '✓ all holds' : `again: npm run simulate -- --seed ${seed}${bug ? ` --bug ${bug.name}` : ''}`,
  )
  return breaches.length === 0
}

const count = (n: number): string => n.toLocaleString('en')

const tellMet = (what: string, { met, of, missing, rarest }: Met): void => {
  if (missing.length === 0)
    console.log(`✓ ${met} of ${of} ${what}; least often ${rarest?.name}: ${count(rarest?.times ?? 0)} times`)
  else
    console.log(
      `✗ vacuous: ${met} of ${of} ${what}; more seeds meet more, 20,000 meet all. Not met:\n    ${missing.join('\n    ')}`,
    )
}

const tellReport = async (report: Report, { time, bug }: Arguments): Promise<void> => {
  const { runs, failedCount, failures } = report
  const [first] = failures
  if (first !== undefined) await replay(first.seed, bug)
  const others = failures.slice(1).map((f) => f.seed)
  if (others.length > 0) console.log(`other seeds that fail: ${others.join(', ')}`)
  console.log(`${failedCount === 0 ? '✓' : '✗'} ${count(runs)} runs, ${count(failedCount)} with violations`)
  tellMet('(fault point, service, event type) at which processes were killed', report.kills)
  tellMet('ways in which orders can end', report.ends)
  if (time) console.log(timeOf(report, runs))
}

const tellHunt = (hunt: Hunt, { time }: Arguments): void => {
  const width = Math.max(...hunt.bugs.map((b) => b.name.length))
  for (const { name, does, foundAt, by } of hunt.bugs)
    console.log(
      foundAt === undefined
        ? `✗ ${name.padEnd(width)} not found in ${count(hunt.seedsMax)} runs: ${does}`
        : `✓ ${name.padEnd(width)} run ${String(foundAt).padStart(5)}, by ${by?.join(', ')}: ${does}`,
    )
  const found = hunt.bugs.filter((b) => b.foundAt !== undefined).length
  console.log(`${found} of ${hunt.bugs.length} planted bugs were found`)
  if (time) console.log(`${hunt.seconds.toFixed(1)} s, ${hunt.cpuSeconds.toFixed(1)} s of CPU time`)
}

const runCampaign = async (args: Arguments): Promise<boolean> => {
  const report = await simulate({ ...args, onProgress: progressOf(` of ${count(args.seeds)} runs`) })
  if (args.json) console.log(JSON.stringify(report, null, 2))
  else await tellReport(report, args)
  return report.failedCount === 0 && report.kills.missing.length === 0 && report.ends.missing.length === 0
}

const runHunt = async (args: Arguments): Promise<boolean> => {
  const hunt = await huntBugs({ ...args, onProgress: progressOf(' runs with planted bugs') })
  if (args.json) console.log(JSON.stringify(hunt, null, 2))
  else tellHunt(hunt, args)
  return hunt.bugs.every((b) => b.foundAt !== undefined)
}

const main = async (args: Arguments): Promise<boolean> => {
  if (args.seed !== undefined) return await replay(args.seed, args.bug)
  return await (args.bugs ? runHunt(args) : runCampaign(args))
}

await runCommand(simulateCommand, async ({ options }) => ((await main(completed(options))) ? 0 : 1))
