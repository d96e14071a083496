/** `npm run losses` in small: one case of each kind, on a shop of its own; the command has the others. */
import { expect, test } from 'vitest'
import { startOwnShop } from '../odd-records/own-shop.ts'
import { cases } from './cases.ts'

const orders = 40

test.each(['broker-down', 'restore-payment'] as const)(
  '%s: what was lost is told again, and nothing is wrong that docs/operations.md does not name',
  { timeout: 300_000 },
  async (name) => {
    const say = (line: string) => console.log(`${name}: ${line}`)
    const own = await startOwnShop({ say, env: { ...process.env, LOG_LEVEL: 'warn' } })
    try {
      const { flaws, result } = await cases[name](own, { orders, say })
      console.log(`${name}: ${JSON.stringify(result)}`)
      expect(flaws).toEqual([])
    } finally {
      await own.stop()
    }
  },
)
