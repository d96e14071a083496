/** `npm run fault`: breaks the running shop for a while. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { durationText, runMain } from '@shop/command-line'
import { ComposeShop, findShop, type ShopTarget } from '../running-shop/index.ts'
import { readRequest } from './arguments.ts'
import type { Fault, Given } from './fault.ts'
import { help } from './help.ts'

const root = join(import.meta.dirname, '../..')

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
  const beganAt = performance.now()
  const endsAtMs = Date.now() + given.forMs
  const { did, watch, end } = await fault.begin(shop, given)
  const endsAt = end && new Date(endsAtMs).toISOString()
  output.begun({ did, watch, endsAt })
  if (end === undefined) return
  await pause(Math.max(0, beganAt + given.forMs - performance.now()), undefined, { signal: interrupted }).catch(() => {})
  await end()
  output.ended(interrupted.aborted ? 'ended early' : `ended after ${durationText(given.forMs)}`)
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

await runMain({ name: 'fault' }, async (args) => {
  const { what, json, target, dataDir } = readRequest(args)
  if (what !== 'heal' && 'help' in what) {
    console.log(help(what.help))
    return 0
  }
  const shop = await findShop({ target, dataDir })
  if (what === 'heal') {
    const ended = await shop.heal()
    console.log(json ? JSON.stringify({ ended }) : ended.join('\n') || 'no fault is on')
    return 0
  }
  if (what.fault.inNetwork && shop instanceof ComposeShop) return await runInside(shop, withoutTarget(args))
  await carryOut(shop, what.fault, what.given, json)
  return 0
})
