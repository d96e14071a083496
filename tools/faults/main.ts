/** `npm run fault`: breaks the running shop for a while. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ComposeShop } from '../running-shop/compose-shop.ts'
import { EmbeddedShop } from '../running-shop/embedded-shop.ts'
import { insideShop } from '../running-shop/inside-shop.ts'
import { Refused } from '../running-shop/refused.ts'
import type { ShopTarget } from '../running-shop/shop-target.ts'
import { help, Misuse, type Request, readRequest } from './arguments.ts'
import type { Fault, Given } from './fault.ts'
import { seconds } from './output.ts'

const root = join(import.meta.dirname, '../..')

/** @throws Refused when no shop runs */
const findShop = async ({ target, dataDir }: Request): Promise<ShopTarget> => {
  if (target === 'inside') return insideShop(process.env)
  const dir = resolve(process.env.INIT_CWD ?? process.cwd(), dataDir ?? join(root, '.data'))
  const found =
    (target !== 'compose' ? EmbeddedShop.find(dir) : undefined) ?? (target !== 'embedded' ? await ComposeShop.find() : undefined)
  if (found instanceof EmbeddedShop) await found.state() // its urls
  if (found === undefined) throw new Refused(`no shop runs here (looked for ${dir} and docker compose): npm start`)
  return found
}

/** Aborted by the first Ctrl-C or SIGTERM. */
const interruption = (): AbortSignal => {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort())
  return interrupted.signal
}

interface Output {
  readonly begun: (effect: { did: string; watch: readonly string[]; endsAt: string | undefined }) => void
  readonly ended: (why: string) => void
}

const forPeople: Output = {
  begun: ({ did, watch, endsAt }) => {
    console.log(did)
    for (const command of watch) console.log(`  watch  ${command}`)
    if (endsAt !== undefined)
      console.log(`  undo   Ctrl-C, or: npm run fault -- heal; it ends by itself at ${endsAt.slice(11, 19)} UTC`)
    else console.log('  undo   nothing to undo')
  },
  ended: (why) => console.log(why),
}

const forMachines = (fault: Fault): Output => ({
  begun: (effect) => console.log(JSON.stringify({ fault: fault.name, event: 'begun', ...effect })),
  ended: (why) => console.log(JSON.stringify({ fault: fault.name, event: 'ended', why })),
})

/** Begins the fault, waits for its time or an interruption, and ends it. */
const carryOut = async (shop: ShopTarget, fault: Fault, given: Given, json: boolean): Promise<void> => {
  const interrupted = interruption()
  const output = json ? forMachines(fault) : forPeople
  const beganAt = Date.now()
  const { did, watch, end } = await fault.begin(shop, given)
  const endsAt = end && new Date(beganAt + given.forMs).toISOString()
  output.begun({ did, watch, endsAt })
  if (end === undefined) return
  await pause(Math.max(0, beganAt + given.forMs - Date.now()), undefined, { signal: interrupted }).catch(() => {})
  await end()
  output.ended(interrupted.aborted ? 'ended early' : `ended after ${seconds(given.forMs)}`)
}

/** Runs the same command in a container of compose's network, which signals reach. @returns its exit code */
const runInside = async (shop: ComposeShop, args: readonly string[]): Promise<number> => {
  const child = spawn('docker', shop.insideCommand(args), { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

const withoutTarget = (args: readonly string[]): string[] =>
  args.filter((arg, i) => arg !== '--target' && args[i - 1] !== '--target' && !arg.startsWith('--target='))

const main = async (args: readonly string[]): Promise<number> => {
  const request = readRequest(args)
  const { what, json } = request
  if (what !== 'heal' && 'help' in what) {
    console.log(help(what.help))
    return 0
  }
  const shop = await findShop(request)
  if (what === 'heal') {
    const ended = await shop.heal()
    console.log(json ? JSON.stringify({ ended }) : ended.join('\n') || 'no fault is on')
    return 0
  }
  if (what.fault.inNetwork && shop instanceof ComposeShop) return await runInside(shop, withoutTarget(args))
  await carryOut(shop, what.fault, what.given, json)
  return 0
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  const expected = error instanceof Misuse || error instanceof Refused
  console.error(`fault: ${expected ? error.message : ((error as Error).stack ?? error)}`)
  process.exitCode = error instanceof Misuse ? 2 : 1
}
