/** `npm run losses`: the broker loses its log, or a service's database is brought back from a backup; telling again heals what can be healed. */
import { command, flag, oneOf, optionList, optionOr, runCommand, type Values, wholeNumber } from '@shop/command-line'
import { startOwnShop } from '../odd-records/own-shop.ts'
import { caseNames, cases } from './cases.ts'

const lossesCommand = command({
  name: 'losses',
  usage: 'npm run losses [-- options]',
  about: `Starts a shop of its own for each case, lets the broker or one database lose what it had while orders are on their way, and heals it as
docs/operations.md says. Fails when an order has not ended that could, or an invariant is violated that is not named there.`,
  options: {
    orders: optionOr('N', 'orders on their way, default 500', wholeNumber(20, 10_000), 500),
    only: optionList('CASE', `${caseNames.join(', ')}; may be given several times; default all`, oneOf(caseNames)),
    json: flag('prints the report for machines'),
  },
  examples: [['npm run losses -- --orders 50 --only broker-running', 'one case in small']],
  exitCodes: '0 all was healed that can be, 1 it was not, 2 the request makes no sense',
})

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

const main = async ({ orders, only, json }: Values<typeof lossesCommand.options>): Promise<number> => {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort(new Error('interrupted')))
  const results: { name: string; flaws: readonly string[]; result: unknown }[] = []
  for (const name of only ?? caseNames) {
    interrupted.signal.throwIfAborted()
    say(`${name}, ${orders} orders`)
    const own = await startOwnShop({ say, signal: interrupted.signal, env: { ...process.env, LOG_LEVEL: 'warn' } })
    try {
      results.push({ name, ...(await cases[name](own, { orders, say })) })
    } finally {
      await own.stop()
    }
  }
  if (json) console.log(JSON.stringify(results, null, 2))
  else
    for (const { name, flaws, result } of results)
      console.log(
        [`${flaws.length === 0 ? '✓' : '✗'} ${name}: ${JSON.stringify(result)}`, ...flaws.map((f) => `  ✗ ${f}`)].join('\n'),
      )
  return results.every(({ flaws }) => flaws.length === 0) ? 0 : 1
}

await runCommand(lossesCommand, ({ options }) => main(options))
process.exit()
