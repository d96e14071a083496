/** `npm run crash-matrix`: every fault point with every event, on a shop of its own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startShop } from '@shop/infra/embedded'
import { EmbeddedShop } from '@shop/tools/running-shop'
import { allCells } from './cells.ts'
import { matrixPage } from './page.ts'
import { flawsOf, runMatrix } from './run.ts'

const page = join(import.meta.dirname, '../../../docs/crash-matrix.md')
const usage = `npm run crash-matrix [-- options]

Kills each service (SIGKILL) at every fault point with every event that passes it, sees the order through that met it, checks every
invariant, and writes docs/crash-matrix.md. Takes about ten minutes.

  --service NAME   of one service only, printed instead of written
  --help           this text

Exit code: 0 all ended and holds, 1 not so, 2 the request makes no sense.`

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

const readArguments = () => {
  const { values } = parseArgs({ options: { service: { type: 'string' }, help: { type: 'boolean', default: false } } })
  const cells = allCells.filter((c) => values.service === undefined || c.service === values.service)
  if (cells.length === 0)
    throw new Error(`no service '${values.service}': ${[...new Set(allCells.map((c) => c.service))].join(', ')}`)
  return { cells, whole: values.service === undefined, help: values.help }
}

const main = async (): Promise<number> => {
  let args: ReturnType<typeof readArguments>
  try {
    args = readArguments()
  } catch (error) {
    console.error(`crash-matrix: ${(error as Error).message} – see --help`)
    return 2
  }
  if (args.help) {
    console.log(usage)
    return 0
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-crashes-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort(new Error('interrupted')))
  const shop = await startShop({ dataDir, ports: 'free', faults: true, log: say, signal: interrupted.signal })
  interrupted.signal.addEventListener('abort', () => void shop.stop().finally(() => process.exit(130)))
  try {
    const target = EmbeddedShop.find(dataDir)
    if (target === undefined) throw new Error('the shop left no record of itself')
    const run = await runMatrix(target, args.cells, say)
    const text = matrixPage(run)
    if (args.whole) writeFileSync(page, text)
    else console.log(text)
    const flaws = flawsOf(run)
    say(flaws.length === 0 ? `${run.results.length} cells: every order ended, every invariant holds` : flaws.join('\n'))
    return flaws.length === 0 ? 0 : 1
  } finally {
    await shop.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

process.exit(await main())
