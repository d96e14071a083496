/** An order forged under the id of a true one that comes later: what decision 17 says becomes of both. */
import { catalogueFor } from '@shop/choreography'
import { encode } from '@shop/messaging'
import { expect, test } from 'vitest'
import type { Reservation } from '../../services/inventory/src/inventory.ts'
import type { Payment } from '../../services/payment/src/payment.ts'
import { QuietRun } from './quiet-run.ts'

const seeds = Array.from({ length: 300 }, (_, i) => i + 1)
/** So many steps the others have for the forged order before the true one comes, at most. */
const aheadMax = 60
const stepsMax = 60

class EarlyForgery extends QuietRun {
  /** The others know the order by what was forged alone, and go on with that. @returns its id */
  async forge(): Promise<string> {
    const { random, scheduler, databases, broker, nowMs } = this.world
    await scheduler.start(this.orderProcess, () => this.customers.placeNext(this.orderProcess))
    const [[key, { state }] = ['', { state: undefined }]] = databases.order.documents
    const { customerId, lines, total, currency, shippingAddress } = state ?? expect.fail('no order was placed')
    const id = this.world.newId()
    const data = {
      customerId,
      lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
      total: random.pick([total, 1]),
      currency,
      shippingAddress: { ...shippingAddress, name: 'somebody else', country: 'DE' },
    }
    const forged = { id, type: 'OrderPlaced', key, at: new Date(nowMs).toISOString(), correlationId: id, data }
    broker.append(encode(forged, catalogueFor('order')), nowMs)
    const others = this.processes.filter((p) => p.service !== 'order')
    for (let left = random.below(aheadMax); left > 0; left--) await this.step(random.pick(others))
    return key
  }

  async goOn(): Promise<void> {
    for (let left = stepsMax; left > 0; left--) await this.step(this.world.random.pick(this.processes))
    await this.settle()
  }

  whatBecameOf(key: string) {
    const { order, payment, inventory, delivery } = this.world.databases
    return {
      order: order.documents.get(key)?.state?.status,
      isPaid: payment.table<Payment>('payments').get(key)?.status === 'CAPTURED',
      isReserved: inventory.table<Reservation>('reservations').get(key)?.status === 'RESERVED',
      isIssued: inventory.table<Reservation>('reservations').get(key)?.status === 'ISSUED',
      isDelivered: delivery.documents.get(key)?.state?.status === 'SCHEDULED',
    }
  }
}

test('the true order ends CANCELLED; of the forged one money and goods stay only where it was delivered before that came', async () => {
  let [undone, delivered] = [0, 0]
  for (const seed of seeds) {
    const run = new EarlyForgery(seed, 1)
    const key = await run.forge()
    await run.goOn()
    const { order, isPaid, isReserved, isIssued, isDelivered } = run.whatBecameOf(key)
    expect({ order, isReserved }, `seed ${seed}`).toEqual({ order: 'CANCELLED', isReserved: false })
    expect([isPaid, isIssued], `seed ${seed}`).toEqual([isDelivered, isDelivered])
    if (isDelivered) delivered++
    else undone++
  }
  expect(undone).toBeGreaterThan(10)
  expect(delivered).toBeGreaterThan(10)
})
