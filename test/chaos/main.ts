/** `npm run chaos`: a shop of its own under load, faults of every kind, and the question whether all is well afterwards. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, flag, number, optionList, optionOr, path, runCommand, text, type Values, wholeNumber } from '@shop/command-line'
import { startShop } from '@shop/infra/embedded'
import { EmbeddedShop } from '@shop/tools/running-shop'
import { readRequest } from '../../tools/faults/arguments.ts'
import { pageOf } from './page.ts'
import { planFor, planOf } from './plan.ts'
import { reportOf, summaryOf } from './report.ts'
import { runChaos } from './run.ts'

const chaosCommand = command({
  name: 'chaos',
  usage: 'npm run chaos [-- options]',
  about: `Starts a shop of its own on free ports, places orders of every kind while faults of every class happen, heals, waits until all orders have
ended, and checks every invariant. The same seed gives the same plan of faults.`,
  options: {
    orders: optionOr('N', 'default 2000', wholeNumber(1, 1_000_000), 2_000),
    minutes: optionOr('M', 'of load and faults, default 5', number(0.2, 720), 5),
    seed: optionOr('S', 'default 1', wholeNumber(0, 2 ** 32 - 1), 1),
    fault: optionList(
      'TEXT',
      "these faults instead of those of the seed, such as 'kill kafka --for 60s'; may be given several times",
      text,
    ),
    report: optionOr(
      'DIR',
      'where chaos.json and chaos.html are written; default .data/chaos',
      path,
      join(import.meta.dirname, '../../.data/chaos'),
    ),
    json: flag('prints the report for machines'),
  },
  examples: [
    ['npm run chaos -- --minutes 1 --seed 7', 'a minute of the faults of seed 7'],
    ["npm run chaos -- --fault 'kill kafka --for 60s'", 'this one alone'],
  ],
  exitCodes: '0 all ended and holds, 1 a violation, a stuck or lost order, 2 the request makes no sense',
})

const forMs = [1_000, 8_000] as const
const gapMs = [3_000, 7_000] as const
const plannedShown = 40

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

/** The first faults that this seed gives. */
const planText = (seed: number): string => {
  const lines: string[] = []
  for (const lane of ['machines', 'others'] as const)
    for (const { args } of planFor(lane, { seed, forMs, gapMs })) {
      lines.push(`  ${lane.padEnd(8)}  ${args.join(' ')}`)
      if (lines.length % (plannedShown / 2) === 0) break
    }
  return `the plan of seed ${seed} begins with\n${lines.join('\n')}`
}

const main = async ({
  orders,
  minutes,
  seed,
  fault,
  report: reportDir,
  json,
}: Values<typeof chaosCommand.options>): Promise<number> => {
  for (const line of fault ?? []) readRequest(line.trim().split(/\s+/)) // wrong ones are told now
  const faults = fault && planOf(fault, gapMs[0])
  if (faults === undefined) say(planText(seed))
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-chaos-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort(new Error('interrupted')))
  const shop = await startShop({ dataDir, ports: 'free', faults: true, log: say, signal: interrupted.signal })
  interrupted.signal.addEventListener('abort', () => void shop.stop().finally(() => process.exit(130)))
  try {
    const target = EmbeddedShop.find(dataDir)
    if (target === undefined) throw new Error('the shop left no record of itself')
    const run = await runChaos({ shop: target, seed, orders, faults, lastsMs: minutes * 60_000, forMs, gapMs, say })
    const report = reportOf(run)
    mkdirSync(reportDir, { recursive: true })
    writeFileSync(join(reportDir, 'chaos.json'), `${JSON.stringify(report, null, 2)}\n`)
    writeFileSync(join(reportDir, 'chaos.html'), pageOf(report))
    console.log(json ? JSON.stringify(report) : summaryOf(report))
    say(`report: ${join(reportDir, 'chaos.html')}`)
    return report.passed ? 0 : 1
  } finally {
    await shop.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

await runCommand(chaosCommand, ({ options }) => main(options))
process.exit()
