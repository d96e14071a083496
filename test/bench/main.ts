/** `npm run bench`: how fast the whole shop is, and what an order costs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { Misuse, runCommand } from '@shop/command-line'
import { bodies } from './bodies.ts'
import { startComposeShop } from './compose-shop.ts'
import { endOnRequest } from './ending.ts'
import type { Phase, Report } from './figures.ts'
import { followOrders } from './follower.ts'
import { Load } from './load.ts'
import { Ends, measure, type Stretch } from './measure.ts'
import { type Observer, observe } from './observing.ts'
import { benchCommand, optionsOf, type PhaseName, type Settings } from './options.ts'
import { putPastOrders } from './past.ts'
import { type BenchShop, startEmbeddedShop } from './shop.ts'
import { reportText } from './table.ts'

const tell = (line: string) => console.error(`bench: ${line}`)
const gentleSeconds = 30
/** As many people's browsers at once: more than the shop lets wait for their write. */
const overloadConnections = 2_200
const shareOfMax: Partial<Record<PhaseName, number>> = { 50: 0.5, 90: 0.9, sustain: 0.8, overload: 2 }

const stretchOf = (phase: PhaseName, settings: Settings, max: number): Stretch => {
  const { inFlight } = settings
  if (phase === 'max') return { name: 'max', seconds: settings.seconds, drive: (load) => load.closed(inFlight, settings.seconds) }
  const rate = phase === '5' ? 5 : max * (shareOfMax[phase] ?? 1)
  const seconds = {
    '5': Math.min(gentleSeconds, settings.seconds),
    '50': settings.seconds,
    '90': settings.seconds,
    sustain: settings.sustainSeconds,
    overload: settings.overloadSeconds,
  }[phase]
  const name = { 5: 'gentle', 50: '50 %', 90: '90 %', sustain: '80 %', overload: '200 %' }[phase]
  return { name, rate, seconds, drive: (load) => load.atRate(rate, seconds) }
}

/** Until ends of orders are seen, and then for some seconds: compilers, caches, connections. @throws when no order ends */
const warmUp = async (ends: Ends, makeLoad: () => Load, { inFlight, warmUpSeconds }: Settings): Promise<void> => {
  tell(`warming up, ${warmUpSeconds} s …`)
  const first = ends.to(makeLoad())
  for (let attempt = 0; attempt < 60 && first.timesMs.length === 0; attempt++) {
    await first.atRate(5, 0.2)
    await pause(500)
  }
  await first.drain()
  if (first.timesMs.length === 0) throw new Error('no order has ended within 30 s of the start')
  const load = ends.to(makeLoad())
  await load.closed(inFlight, warmUpSeconds)
  await load.drain()
}

/** @throws when orders failed, or had no end: whatever was fast then, it was not the shop. */
const requireEnded = (phases: readonly Phase[]): void => {
  const broken = phases.filter(({ failed, open }) => failed + open > 0)
  if (broken.length === 0) return
  const list = broken.map(({ name, failed, open }) => `${name}: ${failed} failed, ${open} without an end`)
  throw new Error(`the run does not count: ${list.join('; ')}`)
}

const loadAndCheck = async (settings: Settings, shop: BenchShop, observer: Observer): Promise<Report> => {
  const ends = new Ends()
  const follower = await followOrders(shop.backends.broker, ends.tell)
  const makeLoad = (connections?: number) => new Load(shop.urls.order ?? [], bodies(settings), connections)
  const phases: Phase[] = []
  try {
    if (settings.past > 0) await putPastOrders(settings.past, settings, shop, tell)
    await warmUp(ends, makeLoad, settings)
    let max = settings.max ?? 0
    for (const name of settings.phases) {
      const load = makeLoad(name === 'overload' ? overloadConnections : undefined)
      const phase = await measure(stretchOf(name, settings, max), ends.to(load), shop, observer, tell)
      if (name === 'max') max = phase.completedPerSecond
      phases.push(phase)
    }
  } finally {
    await follower.stop()
  }
  const durability = await observer.durability()
  tell('checking every invariant …')
  const check = await shop.check(120)
  const report = { at: new Date().toISOString(), machine: `${cpus().length} processors`, settings: { ...settings }, durability }
  return { ...report, phases, check }
}

/** @throws as soon as the signal is aborted; the shop is stopped by then, and its folder gone. */
const run = async (settings: Settings, signal: AbortSignal): Promise<Report> => {
  const start = { embedded: startEmbeddedShop, compose: startComposeShop }[settings.target]
  const shop = await start(settings, tell, signal)
  let observer: Observer | undefined
  try {
    observer = await observe(shop)
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    )
    return await Promise.race([loadAndCheck(settings, shop, observer), aborted])
  } finally {
    await observer?.close().catch(() => {})
    await shop.stop()
  }
}

const readReport = (file: string): Report => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch (error) {
    throw new Misuse(`--compare: ${file} is no report of an earlier run: ${(error as Error).message}`)
  }
}

await runCommand(benchCommand, async ({ options }) => {
  const { settings, output } = optionsOf(options)
  const before = output.compare === undefined ? undefined : readReport(output.compare)
  const report = await run(settings, endOnRequest(tell))
  console.log(output.json ? JSON.stringify(report, null, 2) : reportText(report, before))
  requireEnded(report.phases)
  if (output.out !== undefined) writeFileSync(output.out, `${JSON.stringify(report, null, 2)}\n`)
  return 0
})
