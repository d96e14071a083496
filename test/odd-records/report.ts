/** PURE: what a run of odd records comes to. */
import type { describeRecord } from './odd-record.ts'
import type { RoundResult } from './rounds.ts'

type Described = ReturnType<typeof describeRecord>

export interface Report {
  readonly seed: number
  readonly rounds: number
  readonly records: number
  /** that the broker did not take */
  readonly refused: number
  readonly kinds: Readonly<Record<string, number>>
  readonly orders: { readonly count: number; readonly p50Ms: number; readonly maxMs: number }
  /** the most that each service took */
  readonly memoryMb: Readonly<Record<string, number>>
  readonly flaws: readonly string[]
  /** the records of the round that failed, or those of them that fail alone */
  readonly failing: readonly Described[]
  readonly isSmallest: boolean
  readonly passed: boolean
}

export const reportOf = (run: {
  readonly seed: number
  readonly results: readonly RoundResult[]
  readonly memoryMb: ReadonlyMap<string, number>
  readonly failing: readonly Described[]
  readonly isSmallest: boolean
}): Report => {
  const { results, memoryMb, ...rest } = run
  const heldMs = results.flatMap((r) => r.heldMs).sort((a, b) => a - b)
  const kinds: Record<string, number> = {}
  for (const [kind, count] of results.flatMap((r) => [...r.kinds])) kinds[kind] = (kinds[kind] ?? 0) + count
  const flaws = results.flatMap((r) => r.flaws)
  return {
    ...rest,
    rounds: results.length,
    records: results.reduce((sum, r) => sum + r.records, 0),
    refused: results.reduce((sum, r) => sum + r.refused.length, 0),
    kinds,
    orders: {
      count: heldMs.length,
      p50Ms: Math.round(heldMs[Math.floor(heldMs.length / 2)] ?? 0),
      maxMs: Math.round(heldMs.at(-1) ?? 0),
    },
    memoryMb: Object.fromEntries(memoryMb),
    flaws,
    passed: flaws.length === 0,
  }
}

const shownMax = 20

/** For people, on a terminal. */
export const summaryOf = ({
  seed,
  rounds,
  records,
  refused,
  kinds,
  orders,
  memoryMb,
  flaws,
  failing,
  isSmallest,
}: Report): string => {
  const pairs = (of: Readonly<Record<string, number>>) => Object.entries(of).map(([name, count]) => `${name} ${count}`)
  const again = failing.slice(0, shownMax).map((r) => `--only ${r.number}`)
  return [
    `seed ${seed}: ${records} odd records in ${rounds} rounds, ${refused} refused by the broker`,
    `kinds: ${pairs(kinds).join(', ')}`,
    `${orders.count} good orders ended after ${orders.p50Ms} ms (p50), ${orders.maxMs} ms (max)`,
    `memory in MB: ${pairs(memoryMb).join(', ')}`,
    ...flaws.map((flaw) => `✗ ${flaw}`),
    ...(failing.length === 0
      ? ['✓ all went on, and every invariant holds']
      : [
          isSmallest
            ? `the smallest round that fails has ${failing.length} records`
            : `the round that failed has ${failing.length} records; on a fresh shop it does not fail, or nobody tried`,
          ...failing.slice(0, shownMax).map((r) => `  ${JSON.stringify(r)}`),
          ...(failing.length <= shownMax ? [`again: npm run odd-records -- --seed ${seed} ${again.join(' ')}`] : []),
        ]),
  ].join('\n')
}
