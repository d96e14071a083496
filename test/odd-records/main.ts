/** `npm run odd-records`: generated records of every kind on the topics of a shop of its own, and the question whether it goes on. */
import { command, flag, optionList, optionOr, runCommand, type Values, wholeNumber } from '@shop/command-line'
import { describeRecord } from './odd-record.ts'
import { playAll } from './playing.ts'
import { type Report, reportOf, summaryOf } from './report.ts'
import { heldMsMax, memoryMbMax, type RoundResult } from './rounds.ts'
import { smallest } from './smallest.ts'

const oddRecordsCommand = command({
  name: 'odd-records',
  usage: 'npm run odd-records [-- options]',
  about: `Starts a shop of its own on free ports and puts generated records on all its topics, dead-letter topics too, between good orders: keys, values
and headers of any bytes and sizes, times, compressions, transactions, copies of true events with one thing changed. After each round every good order
must have ended within ${heldMsMax / 1_000} s, every invariant must hold, and no service may have taken more than ${memoryMbMax} MB. The same seed gives the same records.`,
  options: {
    seed: optionOr('S', 'default 1', wholeNumber(0, 2 ** 31 - 1), 1),
    records: optionOr('N', 'default 20000', wholeNumber(1, 1_000_000), 20_000),
    round: optionOr('N', 'records between two checks, default 500', wholeNumber(1, 10_000), 500),
    'held-ms': optionOr(
      'MS',
      `how long a good order may take, default ${heldMsMax}: more where others use the machine`,
      wholeNumber(1, 20_000),
      heldMsMax,
    ),
    only: optionList('NUMBER', 'this record of the seed alone; may be given several times', wholeNumber(0, 999_999)),
    tries: optionOr('N', 'fresh shops for finding the smallest round that fails, default 12', wholeNumber(0, 1_000), 12),
    json: flag('prints the report for machines'),
  },
  examples: [
    ['npm run odd-records -- --records 500 --seed 7', 'a short run'],
    ['npm run odd-records -- --seed 7 --only 17 --only 203', 'two of its records'],
  ],
  exitCodes: '0 all went on and holds, 1 it did not, 2 the request makes no sense',
})

type Given = Values<typeof oddRecordsCommand.options>

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
const nothing = () => {}
const progressIntervalMs = 15_000

/** A line now and then. */
const progressOf = (count: number) => {
  let [done, toldMs] = [0, performance.now()]
  return (records: number): void => {
    done += records
    if (performance.now() - toldMs < progressIntervalMs) return
    toldMs = performance.now()
    say(`${done} of ${count} records are on their topics`)
  }
}
const refusedShown = 3

const numbersOf = ({ records, only }: Given): readonly number[] => only ?? Array.from({ length: records }, (_, i) => i)

const interrupted = new AbortController()
const { signal } = interrupted
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort(new Error('interrupted')))

/** @returns the records that fail without the others; undefined when they do not on a fresh shop */
const smallestOf = async (given: Given, failed: readonly number[]): Promise<readonly number[] | undefined> => {
  let tries = 0
  const fails = async (numbers: readonly number[]): Promise<boolean> => {
    const { failed } = await playAll({ ...given, heldMs: given['held-ms'], numbers, log: nothing, signal })
    say(`try ${++tries}: ${numbers.length} records ${failed ? 'fail' : 'do not fail'}`)
    return failed !== undefined
  }
  if (given.tries === 0 || !(await fails(failed))) return undefined
  return await smallest(failed, fails, given.tries - 1)
}

const main = async (given: Given): Promise<number> => {
  const { seed, json } = given
  const numbers = numbersOf(given)
  say(`seed ${seed}: ${numbers.length} odd records`)
  const results: RoundResult[] = []
  const { failed, rounds } = await playAll({
    ...given,
    heldMs: given['held-ms'],
    numbers,
    log: say,
    signal,
    onWave: progressOf(numbers.length),
    onRound: (result) => {
      results.push(result)
      const done = results.reduce((sum, r) => sum + r.records, 0)
      say(
        `${done} of ${numbers.length} records; orders of this round ended after ${Math.round(Math.max(...result.heldMs))} ms at most`,
      )
      for (const line of result.refused.slice(0, refusedShown)) say(`refused: ${line}`)
      for (const flaw of result.flaws) say(`✗ ${flaw}`)
    },
  })
  const fewest = failed && (await smallestOf(given, failed))
  const report: Report = reportOf({
    seed,
    results,
    memoryMb: rounds.memory.peakMb,
    failing: (fewest ?? failed)?.map((number) => describeRecord(rounds.recordOf(number))) ?? [],
    isSmallest: fewest !== undefined,
  })
  console.log(json ? JSON.stringify(report, null, 2) : summaryOf(report))
  return report.passed ? 0 : 1
}

await runCommand(oddRecordsCommand, ({ options }) => main(options))
process.exit()
