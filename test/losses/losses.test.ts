/** `npm run losses` in small: all cases, one after the other on one shop. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OwnShop, startOwnShop } from '../odd-records/own-shop.ts'
import { type CaseName, caseNames, cases } from './cases.ts'

const orders = 20

/** What a database brought back leaves wrong stays wrong: first those after which nothing is, at last the one that forgets orders. */
const inTurn = [
  'broker-running',
  'broker-down',
  'restore-notification',
  'restore-delivery',
  'restore-inventory',
  'restore-payment',
  'restore-order',
] as const satisfies readonly CaseName[]

let own: OwnShop
const restored: string[] = []
const say = (line: string) => console.log(line)

beforeAll(async () => {
  own = await startOwnShop({ say, env: { ...process.env, LOG_LEVEL: 'warn' } })
}, 120_000)
afterAll(() => own.stop(), 60_000)

test('there is no other case', () => {
  expect(inTurn.toSorted()).toEqual(caseNames.toSorted())
})

test.each(inTurn)(
  '%s: what was lost is told again, and nothing is wrong that docs/operations.md does not name',
  { timeout: 300_000 },
  async (name) => {
    const { flaws, result } = await cases[name](own, {
      orders,
      isBrief: true,
      restoredBefore: restored,
      say: (line) => say(`${name}: ${line}`),
    })
    say(`${name}: ${JSON.stringify(result)}`)
    if (name.startsWith('restore-')) restored.push(name.slice('restore-'.length))
    expect(flaws).toEqual([])
  },
)
