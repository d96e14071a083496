/** `npm run chaos`: a shop of its own under load, faults of every kind, and the question whether all is well afterwards. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startShop } from '@shop/infra/embedded'
import { EmbeddedShop } from '@shop/tools/running-shop'
import { readRequest } from '../../tools/faults/arguments.ts'
import { pageOf } from './page.ts'
import { planFor, planOf } from './plan.ts'
import { reportOf, summaryOf } from './report.ts'
import { runChaos } from './run.ts'

const usage = `npm run chaos [-- options]

Starts a shop of its own on free ports, places orders of every kind while faults of every class happen, heals, waits until all orders have
ended, and checks every invariant. The same seed gives the same plan of faults.

  --orders N     default 2000
  --minutes M    of load and faults, default 5
  --seed S       default 1
  --fault TEXT   these faults instead of those of the seed, such as 'kill kafka --for 60s'; may be given several times
  --report DIR   where chaos.json and chaos.html are written; default .data/chaos
  --json         prints the report for machines
  --help         this text

Exit code: 0 all ended and holds, 1 a violation, a stuck or lost order, 2 the request makes no sense.`

const forMs = [1_000, 8_000] as const
const gapMs = [3_000, 7_000] as const
const plannedShown = 40

const readArguments = () => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const list = { type: 'string', multiple: true } as const
  const options = { orders: text, minutes: text, seed: text, fault: list, report: text, json: flag, help: flag }
  const { values } = parseArgs({ options })
  for (const fault of values.fault ?? []) readRequest(fault.trim().split(/\s+/)) // wrong ones are told now
  const number = (name: 'orders' | 'minutes' | 'seed', fallback: number, min: number, max: number): number => {
    const value = Number(values[name] ?? fallback)
    if (!(value >= min && value <= max))
      throw new Error(`--${name} must be a number from ${min} to ${max}, not '${values[name]}'`)
    return value
  }
  return {
    orders: Math.round(number('orders', 2_000, 1, 1_000_000)),
    minutes: number('minutes', 5, 0.2, 720),
    seed: Math.round(number('seed', 1, 0, 2 ** 32 - 1)),
    report: resolve(process.env.INIT_CWD ?? process.cwd(), values.report ?? join(import.meta.dirname, '../../.data/chaos')),
    faults: values.fault && planOf(values.fault, gapMs[0]),
    json: values.json,
    help: values.help,
  }
}

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

const main = async (): Promise<number> => {
  let args: ReturnType<typeof readArguments>
  try {
    args = readArguments()
  } catch (error) {
    console.error(`chaos: ${(error as Error).message} – see --help`)
    return 2
  }
  if (args.help) {
    console.log(usage)
    return 0
  }
  const { orders, minutes, seed, faults, report: reportDir } = args
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
    console.log(args.json ? JSON.stringify(report) : summaryOf(report))
    say(`report: ${join(reportDir, 'chaos.html')}`)
    return report.passed ? 0 : 1
  } finally {
    await shop.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

process.exit(await main())
