import { setTimeout as pause } from 'node:timers/promises'
import type { Publisher } from '@shop/messaging'
import { relayOnce } from '@shop/messaging'
import { catalogue, incoming, laterOf } from './messages.ts'
import type { Subject, Work } from './subject.ts'
import { median, medians, type Tell } from './turns.ts'

const sizes = [1, 20, 100, 200] as const
/** Made ahead of being handled, so that making them is not measured; few enough to stay in the processor's caches. */
const eventsAhead = 400
const batchesAhead = 40
const drainedAtOnce = 1_000

/** The first event of an order makes rows or a document, a later one changes them. */
type Which = 'first' | 'later'
type Rates = Readonly<Record<Which, number>>

export interface StoreFigures {
  readonly store: string
  readonly event: Which
  /** Events in one commit. */
  readonly size: number
  /** Events handled a second, by the kit and by bare statements. */
  readonly kit: number
  readonly bare?: number
  readonly ratio?: number
}

type Batches = readonly ReturnType<typeof incoming>[]

/** How long it took, in milliseconds. */
const handleAll = async (batches: Batches, which: Which, work: Work): Promise<number> => {
  const began = performance.now()
  for (const batch of batches) await work(batch, which === 'later')
  return performance.now() - began
}

/** Events a second. @param between first and later events, not measured. */
const handledPerSecond = async (size: number, seconds: number, work: Work, between: () => Promise<void>): Promise<Rates> => {
  let events = 0
  const busyMs = { first: 0, later: 0 }
  while (busyMs.first + busyMs.later < seconds * 1_000) {
    const firsts = Array.from({ length: Math.min(batchesAhead, Math.ceil(eventsAhead / size)) }, () => incoming(size))
    const laters = firsts.map((batch) => batch.map(laterOf))
    busyMs.first += await handleAll(firsts, 'first', work)
    await between()
    busyMs.later += await handleAll(laters, 'later', work)
    await between()
    events += firsts.length * size
  }
  return { first: (events / busyMs.first) * 1_000, later: (events / busyMs.later) * 1_000 }
}

/** As if a relay had taken what is stored to the broker, as it does all the time. */
const forgetAll = async ({ store }: Subject): Promise<void> => {
  for (;;) {
    const stored = await store.pending(drainedAtOnce)
    if (stored.length === 0) return
    await store.forget(stored)
  }
}

export interface Extent {
  /** For each pair of figures. */
  readonly seconds: number
  /** So often kit and bare statements take turns. */
  readonly turns: number
}

/** Kit and bare statements take turns, so that a busy machine is busy for both. */
export const measureStore = async (subject: Subject, { seconds, turns }: Extent, tell: Tell): Promise<StoreFigures[]> => {
  const { name, bare } = subject
  const byKit = (size: number, forSeconds: number) =>
    handledPerSecond(
      size,
      forSeconds,
      (batch) => subject.handle(batch),
      () => forgetAll(subject),
    )
  const byBare = (size: number, forSeconds: number) => bare && handledPerSecond(size, forSeconds, bare, async () => {})
  tell(`${name}, warming up …`)
  await byKit(100, seconds / turns)
  await byBare(100, seconds / turns)
  await subject.empty()
  const figures: StoreFigures[] = []
  for (const size of sizes) {
    tell(`${name}, batches of ${size} …`)
    const [kits, bares]: [Rates[], Rates[]] = [[], []]
    for (let turn = 0; turn < turns; turn++) {
      kits.push(await byKit(size, seconds / turns))
      const rates = await byBare(size, seconds / turns)
      if (rates) bares.push(rates)
      await subject.empty()
    }
    for (const event of ['first', 'later'] as const) {
      const compared = medians(kits.map((kit, turn) => ({ kit: kit[event], bare: bares[turn]?.[event] ?? Number.NaN })))
      figures.push({ store: name, event, size, ...(bare ? compared : { kit: compared.kit }) })
    }
  }
  return figures
}

const eventsToRelay = 5_000
const perBatch = 200

/** The store in memory has just kept this process too busy for its connections. @throws when it is not connected within 15 s */
const awaitReady = async (publisher: Publisher): Promise<void> => {
  const deadline = performance.now() + 15_000
  while (!publisher.ready()) {
    if (performance.now() > deadline) throw new Error('Kafka cannot be reached within 15 s')
    await pause(20)
  }
}

/** From the outbox to the broker, and forgotten: events a second. @param seconds of relaying; the outbox is filled in between. */
export const measureRelay = async (subject: Subject, publisher: Publisher, seconds: number): Promise<number> => {
  const rates: number[] = []
  await awaitReady(publisher)
  for (let turn = 0, busyMs = 0; turn < 2 || (busyMs < seconds * 1_000 && turn < 1_000); turn++) {
    for (let stored = 0; stored < eventsToRelay; stored += perBatch) await subject.handle(incoming(perBatch))
    const options = { store: subject.store, publisher, catalogue }
    const first = await relayOnce(options) // looks for what an earlier process left, which is not measured
    const began = performance.now()
    let count = 0
    for (let more = first; more > 0; ) {
      more = await relayOnce(options)
      count += more
    }
    const tookMs = performance.now() - began
    await subject.empty()
    if (turn === 0) continue // warms up
    busyMs += tookMs
    rates.push((count / tookMs) * 1_000)
  }
  return median(rates)
}
