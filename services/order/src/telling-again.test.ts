import type { Incoming } from '@shop/choreography'
import { causedBy, Documents, type Message } from '@shop/messaging'
import { MemoryMessageStore } from '@shop/messaging/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cancelOrder } from './cancelling.ts'
import { newOrder } from './new-order.ts'
import type { Order } from './order.ts'
import { reactions } from './reactions.ts'
import { tellAgain } from './telling-again.ts'

const shippingAddress = { name: 'Alice', street: 'Way 1', city: 'Bonn', postalCode: '53111', country: 'DE' }
const command = { customerId: 'alice', lines: [{ sku: 'mouse', quantity: 2 }], shippingAddress }
const priced = { lines: [{ sku: 'mouse', quantity: 2, unitPrice: 100 }], total: 200, currency: 'EUR' }
const react = reactions(() => {})

type Step =
  | 'customer'
  | 'deadline'
  | 'PaymentCaptured'
  | 'StockReserved'
  | 'DeliveryScheduled'
  | 'PaymentDeclined'
  | 'PaymentRefunded'
const steps: readonly Step[] = [
  'customer',
  'deadline',
  'PaymentCaptured',
  'StockReserved',
  'DeliveryScheduled',
  'PaymentDeclined',
  'PaymentRefunded',
]

const money = { customerId: command.customerId, amount: priced.total, currency: priced.currency }
const facts: { readonly [T in Incoming<'order'>['type']]: { readonly cause: string; readonly data: object } } = {
  PaymentCaptured: { cause: 'OrderPlaced', data: money },
  StockReserved: { cause: 'PaymentCaptured', data: { lines: command.lines } },
  DeliveryScheduled: { cause: 'StockReserved', data: { carrier: 'post' } },
  PaymentDeclined: { cause: 'OrderPlaced', data: { customerId: command.customerId, reason: 'because' } },
  PaymentRefunded: { cause: 'PaymentCaptured', data: { ...money, reason: 'because' } },
}

/** @returns the order after the steps, and all that was told on the way. */
const after = async (taken: readonly Step[]): Promise<{ orderId: string; order: Order; told: readonly Message[] }> => {
  const first = newOrder(command, priced, { deadlineMs: 60_000 })
  let order = first.state
  const told = [...first.emit]
  const heard = new Map<string, Message>(first.emit.map((m) => [m.type, m as Message]))
  for (const step of taken)
    if (step === 'customer' || step === 'deadline') {
      const store = new MemoryMessageStore<Order>()
      await store.create([{ key: first.key, state: order, emit: [] }])
      await cancelOrder(store, first.key, step)
      order = (await store.change(first.key, (state) => ({ emit: [], result: state }))) ?? order
      told.push(...(await store.pending(10)).map((s) => s.message))
    } else {
      const { cause, data } = facts[step]
      const event = causedBy(heard.get(cause) ?? (first.emit[0] as Message), { type: step, data }) as Incoming<'order'>
      if (!heard.has(step)) heard.set(step, event as Message)
      const work = new Documents(new Map([[first.key, order]]))
      told.push(...(await react(work, [event], () => {})))
      order = work.get(first.key) ?? order
    }
  return { orderId: first.key, order, told }
}

describe('the order service tells again', () => {
  test('whatever it has told, in its order, with the same ids, times, causes and data', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...steps), { maxLength: 8 }), async (taken) => {
        const { orderId, order, told } = await after(taken)
        const expected = told.filter((m) => order.status !== 'CONFIRMED' || m.type !== 'OrderCancellationRequested')
        expect(tellAgain(orderId, order)).toEqual(expected)
      }),
      { numRuns: 300 },
    ))

  test('no request to cancel that came too late: a delivery that has forgotten the order would heed it', async () => {
    const { orderId, order } = await after(['customer', 'PaymentCaptured', 'StockReserved', 'DeliveryScheduled'])
    expect(tellAgain(orderId, order).map((m) => m.type)).toEqual(['OrderPlaced', 'OrderConfirmed'])
  })
})
