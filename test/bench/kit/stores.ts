import { relayOnce } from '@shop/messaging'
import type { Publisher } from '@shop/messaging/kafka'
import { catalogue, incoming } from './messages.ts'
import type { Subject } from './subject.ts'
import { median, type Tell, turns } from './turns.ts'

const sizes = [1, 20, 100, 200] as const
/** Made ahead of being handled, so that making them is not measured; few enough to stay in the processor's caches. */
const eventsAhead = 400

export interface StoreFigures {
  readonly store: string
  readonly size: number
  /** Events handled a second, by the kit and by bare statements. */
  readonly kit: number
  readonly bare?: number
}

type Work = (batch: ReturnType<typeof incoming>) => Promise<unknown>

/** Events a second. */
const handledPerSecond = async (size: number, seconds: number, work: Work): Promise<number> => {
  let events = 0
  let busyMs = 0
  while (busyMs < seconds * 1_000) {
    const batches = Array.from({ length: Math.ceil(eventsAhead / size) }, () => incoming(size))
    const began = performance.now()
    for (const batch of batches) await work(batch)
    busyMs += performance.now() - began
    events += size * batches.length
  }
  return (events / busyMs) * 1_000
}

/** Kit and bare statements take turns, so that a busy machine is busy for both. @param seconds for each figure. */
export const measureStore = async (subject: Subject, seconds: number, tell: Tell): Promise<StoreFigures[]> => {
  const { name, bare } = subject
  const handle: Work = (batch) => subject.handle(batch)
  tell(`${name}, warming up …`)
  for (const work of bare ? [handle, bare] : [handle]) await handledPerSecond(100, seconds / 3, work)
  await subject.empty()
  const figures: StoreFigures[] = []
  for (const size of sizes) {
    tell(`${name}, batches of ${size} …`)
    const [kits, bares]: [number[], number[]] = [[], []]
    for (let turn = 0; turn < turns; turn++) {
      kits.push(await handledPerSecond(size, seconds / turns, handle))
      if (bare) bares.push(await handledPerSecond(size, seconds / turns, bare))
      await subject.empty()
    }
    figures.push({ store: name, size, kit: median(kits), ...(bare && { bare: median(bares) }) })
  }
  return figures
}

const eventsToRelay = 5_000
const perBatch = 200

/** From the outbox to the broker, and forgotten: events a second. @param seconds of relaying; the outbox is filled in between. */
export const measureRelay = async (subject: Subject, publisher: Publisher, seconds: number): Promise<number> => {
  const rates: number[] = []
  for (let turn = 0, busyMs = 0; turn < 2 || (busyMs < seconds * 1_000 && turn < 1_000); turn++) {
    for (let stored = 0; stored < eventsToRelay; stored += perBatch) await subject.handle(incoming(perBatch))
    const options = { store: subject.store, publisher, catalogue }
    const first = await relayOnce(options) // looks for what an earlier process left, which is not measured
    const began = performance.now()
    let count = 0
    for (let more = first; more > 0; count += more) more = await relayOnce(options)
    const tookMs = performance.now() - began
    await subject.empty()
    if (turn === 0) continue // warms up
    busyMs += tookMs
    rates.push((count / tookMs) * 1_000)
  }
  return median(rates)
}
