/** What brings lost events back by itself: open orders are told again, and who has handled that tells again what followed. */
import type { Catalogue, Log, Message, Publisher } from '@shop/messaging'
import { type OrderSelection, ordersMax, type PlacedOrder, publishAgain, type TellingAgain } from './tell-again.ts'

interface Options {
  readonly telling: TellingAgain
  readonly publisher: Pick<Publisher, 'publish'>
  readonly catalogue: Catalogue
  readonly log: Log
}

/** Orders that wait for their answer; of more, the next asking is answered. */
const waitingMax = 5_000

/**
 * Answers events that ask and have been handled before, by telling again what was told because of them, and that alone: what follows from that is
 * for those who hear it, so one asking goes through the saga once and ends where the saga does.
 */
export const answerAgain = ({ telling, publisher, catalogue, log }: Options) => {
  /** By order, the events that asked. */
  const waiting = new Map<string, Set<string>>()
  let answering: Promise<void> | undefined

  const answerAll = async (): Promise<void> => {
    while (waiting.size > 0) {
      const asked = new Map([...waiting].slice(0, ordersMax))
      for (const key of asked.keys()) waiting.delete(key)
      try {
        const told = await telling.told([...asked.keys()])
        const answers = told.filter(({ key, causationId = '' }) => asked.get(key)?.has(causationId))
        await publishAgain(publisher, catalogue, answers, 'asking')
      } catch (err) {
        log.warn({ err, orders: asked.size }, 'told again: not answered this time')
      }
    }
    answering = undefined
  }

  return {
    /** Of a batch in which some were handled before. */
    heard: (messages: readonly Message[]): void => {
      for (const { again, key, id } of messages) {
        if (again !== 'asking' || (waiting.size >= waitingMax && !waiting.has(key))) continue
        waiting.set(key, (waiting.get(key) ?? new Set()).add(id))
      }
      if (waiting.size > 0) answering ??= answerAll()
    },
    stop: async (): Promise<void> => {
      waiting.clear()
      await answering
    },
  }
}

const sweepIntervalMsMax = 60_000
const pagesMax = 4
const toldPerSweepMax = 100
const delayMsMax = 24 * 3_600_000

/**
 * Tells open orders again, asking: those that have not ended so long after they were placed, then after twice that time, and so on, at last once a day.
 * Bounded: at most 100 orders in one sweep, of the 2,000 oldest.
 * @param afterMs how long after it was placed an order is told again for the first time, in milliseconds
 * @param now the time by which orders are old; default the wall clock
 * @param clock milliseconds that only go forward, by which orders are let be; default `performance.now`
 */
export const tellOpenOrders = (
  { telling, publisher, catalogue, log }: Options,
  {
    afterMs,
    now = Date.now,
    clock = () => performance.now(),
  }: { readonly afterMs: number; readonly now?: () => number; readonly clock?: () => number },
) => {
  /** By order, how long it is let be. Those that have ended are forgotten. */
  let resting = new Map<string, { readonly untilMs: number; readonly delayMs: number }>()

  const select = async (orders: (selection: OrderSelection) => Promise<readonly PlacedOrder[]>) => {
    const found: PlacedOrder[] = []
    for (let page = 0; page < pagesMax; page++) {
      const openBefore = new Date(now() - afterMs).toISOString()
      const next = await orders({ openBefore, limit: ordersMax, after: found.at(-1) })
      found.push(...next)
      if (next.length < ordersMax) break
    }
    return found
  }

  /** @returns the orders that were told again. */
  const sweep = async (): Promise<readonly string[]> => {
    if (telling.orders === undefined) return []
    const open = (await select(telling.orders)).map((o) => o.orderId)
    resting = new Map(open.flatMap((id) => (resting.has(id) ? [[id, resting.get(id) ?? { untilMs: 0, delayMs: 0 }]] : [])))
    const due = open.filter((id) => (resting.get(id)?.untilMs ?? 0) <= clock()).slice(0, toldPerSweepMax)
    if (due.length === 0) return []
    await publishAgain(publisher, catalogue, await telling.told(due), 'asking')
    for (const id of due) {
      const delayMs = Math.min(2 * (resting.get(id)?.delayMs ?? afterMs / 2), delayMsMax)
      resting.set(id, { untilMs: clock() + delayMs, delayMs })
    }
    log.warn({ orders: due.length, afterMs }, 'open orders were told again')
    return due
  }

  let running: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  return {
    sweep,
    start: (): void => {
      timer = setInterval(
        () => {
          running = running.then(sweep).catch((err) => log.warn({ err }, 'open orders: not told again this time'))
        },
        Math.min(sweepIntervalMsMax, afterMs),
      ).unref()
    },
    stop: async (): Promise<void> => {
      clearInterval(timer)
      await running
    },
  }
}
