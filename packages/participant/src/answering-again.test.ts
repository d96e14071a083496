import { catalogueFor } from '@shop/choreography'
import { causedBy, type Message, type OutgoingRecord, startedBy } from '@shop/messaging'
import { describe, expect, test, vi } from 'vitest'
import { answerAgain, tellOpenOrders } from './answering-again.ts'

const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
const key = '01a21ed0-9f69-751b-ac86-9fa9a1496b8a'
const placed = startedBy({ key }, { type: 'OrderPlaced', data: {} })
const captured = causedBy(placed, { type: 'PaymentCaptured', data: {} })
const released = startedBy({ key }, { type: 'StockReleased', data: {} })
const refunded = causedBy(released, { type: 'PaymentRefunded', data: {} })

const broker = () => {
  const records: OutgoingRecord[] = []
  const publisher = { publish: async (more: readonly OutgoingRecord[]) => void records.push(...more) }
  return { publisher, told: () => records.map(({ headers }) => [headers.ce_id, headers.ce_toldagain]) }
}

describe('an event that asks, and was handled before', () => {
  const payment = () => {
    const { publisher, told } = broker()
    const telling = { told: async () => [captured, refunded] }
    return { told, answering: answerAgain({ telling, publisher, catalogue: catalogueFor('payment'), log }) }
  }
  test('is answered by what was told because of it, which asks in turn, and by nothing else', async () => {
    const { told, answering } = payment()
    answering.heard([{ ...placed, again: 'asking' }, released])
    await vi.waitFor(() => expect(told()).toEqual([[captured.id, 'asking']]))
  })
  test('but not one that only comes again', async () => {
    const { told, answering } = payment()
    answering.heard([placed, { ...released, again: 'told' }])
    await answering.stop()
    expect(told()).toEqual([])
  })
})

test('open orders are told again, each after twice the time whatever is done to the clock, and no more once they have ended', async () => {
  const { publisher, told } = broker()
  let [clockMs, setBackMs, open] = [1_000_000, 0, [{ orderId: key, placedAt: '2026-01-01T00:00:00.000Z' }]]
  const asked: unknown[] = []
  const telling = {
    told: async (): Promise<readonly Message[]> => [placed],
    orders: async (selection: unknown) => {
      asked.push(selection)
      return open
    },
  }
  const options = { telling, publisher, catalogue: catalogueFor('order'), log }
  const { sweep } = tellOpenOrders(options, { afterMs: 1_000, now: () => clockMs - setBackMs, clock: () => clockMs })
  expect(await sweep()).toEqual([key])
  expect(asked).toMatchObject([{ openBefore: new Date(999_000).toISOString() }])
  const toldAt: number[] = []
  for (; clockMs < 1_020_000; clockMs += 500) {
    if (clockMs === 1_005_000) setBackMs = 3_600_000
    if ((await sweep()).length > 0) toldAt.push(clockMs)
  }
  expect(toldAt).toEqual([1_001_000, 1_003_000, 1_007_000, 1_015_000])
  expect(new Set(told().map(String))).toEqual(new Set([`${placed.id},asking`]))
  open = []
  clockMs += 1_000_000
  expect(await sweep()).toEqual([])
})
