/** What clients do: place orders, perhaps twice, cancel them; and the deadlines that cancel them by themselves. */
import type { DocumentStore } from '@shop/messaging'
import { type CancellationCause, type Order, price } from '../../services/order/src/order.ts'
import { fingerprintOf } from '../../services/order/src/placing.ts'
import type { Process } from './process.ts'
import { products, type Request } from './profile.ts'
import { PassingFault, shortId, type World } from './world.ts'

/** What a client was told. */
export interface Answer {
  readonly request: Request
  /** `undefined` when the key had been used for another order. */
  readonly orderId: string | undefined
}

const storeOf = (process: Process) => process.store as unknown as DocumentStore<Order>

/** As `POST /orders` does. */
const handlePlacing = async (world: World, process: Process, request: Request): Promise<Answer> => {
  const { command, key } = request
  const priced = price(command, products)
  if ('unknownLine' in priced) throw new Error(`no product for line ${priced.unknownLine}`)
  const document = world.parts.newOrder(command, priced, { deadlineMs: world.profile.deadlineMs, idempotencyKey: key })
  const existing = await storeOf(process).create([document])
  const isNew = !existing.has(document.key)
  await process.pass('http-after-store', ['OrderPlaced'])
  const order = isNew ? document.state : world.databases.order.documents.get(document.key)?.state
  const isSame = order !== undefined && (isNew || order.fingerprint === fingerprintOf(command))
  return { request, orderId: isSame ? document.key : undefined }
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
      const answer = await handlePlacing(world, process, request)
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
      const cancellation = await this.#world.parts.cancelOrder(storeOf(process), id, cause)
      this.#world.tell(process.name, () => `${cause} cancels order ${shortId(id)}: ${cancellation?.outcome ?? 'unknown'}`)
      if (cause === 'customer') await process.pass('http-after-store', ['OrderCancellationRequested'])
    } catch (error) {
      if (!(error instanceof PassingFault)) throw error
    }
  }
}
