/** What can be lost, and what is allowed to be wrong afterwards: what docs/operations.md names. */
import type { OwnShop } from '../odd-records/own-shop.ts'
import { loseBroker, lossFlaws } from './broker-loss.ts'
import { unnamed } from './left-wrong.ts'
import { restoreService } from './restoring.ts'

interface Options {
  readonly orders: number
  /** Services of this shop whose databases were brought back before: what that left wrong is wrong still. */
  readonly restoredBefore?: readonly string[]
  readonly isBrief?: boolean
  readonly say: (line: string) => void
}
interface Outcome {
  readonly flaws: readonly string[]
  /** Figures, for who reads them. */
  readonly result: unknown
}
type Case = (own: OwnShop, options: Options) => Promise<Outcome>

const broker =
  (...down: readonly string[]): Case =>
  async (own, options) => {
    const { check, ...result } = await loseBroker(own, { ...options, down })
    const flaws = lossFlaws({ ...result, check })
    return { flaws: result.inFlight > 0 ? flaws : ['no order was on its way', ...flaws], result }
  }

const restored =
  (service: string): Case =>
  async (own, options) => {
    const { violations, ...result } = await restoreService(own, service, options)
    const wrong = unnamed(
      [service, ...(options.restoredBefore ?? [])],
      violations.flatMap(({ invariant, first }) => first.map((v) => ({ invariant, ...v }))),
    )
    return {
      flaws: [
        ...(result.open > 0 ? [`${result.open} orders have not ended`] : []),
        ...wrong.map(({ invariant, text }) => `${invariant}: ${text}`),
      ],
      result: { ...result, violations: violations.map(({ invariant, count }) => `${invariant} ${count}`) },
    }
  }

export const cases = {
  'broker-running': broker(),
  'broker-down': broker('payment', 'inventory', 'delivery'),
  'restore-order': restored('order'),
  'restore-payment': restored('payment'),
  'restore-inventory': restored('inventory'),
  'restore-delivery': restored('delivery'),
  'restore-notification': restored('notification'),
} satisfies Readonly<Record<string, Case>>

export type CaseName = keyof typeof cases
export const caseNames = Object.keys(cases) as CaseName[]
