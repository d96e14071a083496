/** `npm run crash-matrix`: every fault point with every event, on a shop of its own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, oneOf, option, runCommand } from '@shop/command-line'
import { startShop } from '@shop/infra/embedded'
import { EmbeddedShop } from '@shop/tools/running-shop'
import { allCells } from './cells.ts'
import { matrixPage } from './page.ts'
import { flawsOf, runMatrix } from './run.ts'

const page = join(import.meta.dirname, '../../../docs/crash-matrix.md')
const services = [...new Set<string>(allCells.map((c) => c.service))]

const matrixCommand = command({
  name: 'crash-matrix',
  usage: 'npm run crash-matrix [-- options]',
  about: `Kills each service (SIGKILL) at every fault point with every event that passes it, sees the order through that met it, checks every
invariant, and writes docs/crash-matrix.md. Takes about ten minutes.`,
  options: { service: option('NAME', 'of one service only, printed instead of written', oneOf(services)) },
  examples: [['npm run crash-matrix -- --service payment', 'payment alone']],
  exitCodes: '0 all ended and holds, 1 not so, 2 the request makes no sense',
})

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

const main = async (service: string | undefined): Promise<number> => {
  const cells = allCells.filter((c) => service === undefined || c.service === service)
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-crashes-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort(new Error('interrupted')))
  const shop = await startShop({ dataDir, ports: 'free', faults: true, log: say, signal: interrupted.signal })
  interrupted.signal.addEventListener('abort', () => void shop.stop().finally(() => process.exit(130)))
  try {
    const target = EmbeddedShop.find(dataDir)
    if (target === undefined) throw new Error('the shop left no record of itself')
    const run = await runMatrix(target, cells, say)
    const text = matrixPage(run)
    if (service === undefined) writeFileSync(page, text)
    else console.log(text)
    const flaws = flawsOf(run)
    say(flaws.length === 0 ? `${run.results.length} cells: every order ended, every invariant holds` : flaws.join('\n'))
    return flaws.length === 0 ? 0 : 1
  } finally {
    await shop.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

await runCommand(matrixCommand, ({ options }) => main(options.service))
process.exit()
