/** What clients do: place orders, perhaps twice, cancel them; and the deadlines that cancel them by themselves. */
import type { CancellationCause } from '../../services/order/src/order.ts'
import type { Process } from './process.ts'
import type { Request } from './profile.ts'
import { PassingFault, shortId, type World } from './world.ts'

/** What a client was told. */
export interface Answer {
  readonly request: Request
  /** `undefined` when the key had been used for another order. */
  readonly orderId: string | undefined
}

/** As `POST /orders` does. */
const handlePlacing = async (process: Process, request: Request): Promise<Answer> => {
  const placing = await process.placeOrder(request.command, { idempotencyKey: request.key })
  if (!('orderId' in placing)) {
    if (placing.outcome !== 'key-reused') throw new Error(`an order was not taken: ${placing.outcome}`)
    return { request, orderId: undefined }
  }
  await process.pass('http-after-store', ['OrderPlaced'])
  return { request, orderId: placing.orderId }
}

export class Customers {
  readonly answers: Answer[] = []
  readonly #world: World
  readonly #unanswered: Request[]
  readonly #repeatable: Request[]

  constructor(world: World, requests: readonly Request[]) {
    this.#world = world
    this.#unanswered = [...requests].reverse()
    this.#repeatable = requests.filter((r) => r.key !== undefined)
  }

  get waitingCount(): number {
    return this.#unanswered.length
  }

  /** Sends the next request. Who had no answer sends it again if it has a key; without one it would be another order. */
  async placeNext(process: Process): Promise<void> {
    const request = this.#unanswered.pop()
    if (request !== undefined) await this.#place(process, request)
  }

  async repeat(process: Process): Promise<void> {
    if (this.#repeatable.length > 0) await this.#place(process, this.#world.random.pick(this.#repeatable))
  }

  async #place(process: Process, request: Request): Promise<void> {
    const world = this.#world
    const { customerId, lines, shippingAddress } = request.command
    const basket = lines.map((l) => `${l.quantity} ${l.sku}`).join(', ')
    const asked = () => `${customerId} orders ${basket} to ${shippingAddress.country}${request.key ? ` with ${request.key}` : ''}`
    try {
      const answer = await handlePlacing(process, request)
      this.answers.push(answer)
      world.tell(
        process.name,
        () => `${asked()}: ${answer.orderId === undefined ? 'refused' : `order ${shortId(answer.orderId)}`}`,
      )
    } catch (error) {
      if (!(error instanceof PassingFault)) throw error
      world.tell(process.name, () => `${asked()}: no answer`)
    }
  }

  /** A customer cancels some order. */
  async cancel(process: Process): Promise<void> {
    const ids = [...this.#world.databases.order.documents.keys()]
    if (ids.length > 0) await this.#cancel(process, this.#world.random.pick(ids), 'customer')
  }

  /** Asks the orders that are pending at their deadline to stop. */
  async cancelOverdue(process: Process): Promise<void> {
    for (const [id, { state }] of this.#world.databases.order.documents)
      if (state?.status === 'PENDING' && Date.parse(state.deadlineAt) <= this.#world.nowMs)
        await this.#cancel(process, id, 'deadline')
  }

  async #cancel(process: Process, id: string, cause: CancellationCause): Promise<void> {
    try {
      const cancellation = await this.#world.parts.cancelOrder(process.orders, id, cause)
      this.#world.tell(process.name, () => `${cause} cancels order ${shortId(id)}: ${cancellation?.outcome ?? 'unknown'}`)
      if (cause === 'customer') await process.pass('http-after-store', ['OrderCancellationRequested'])
    } catch (error) {
      if (!(error instanceof PassingFault)) throw error
    }
  }
}
