/** Payments that go on while the group changes. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Publisher } from '@shop/messaging'
import { type Payment, recordOf } from '../payments/payment.ts'

const perBatch = 5
const betweenBatchesMs = 50

export class Stream {
  readonly #payments: readonly Payment[]
  readonly #topic: string
  readonly #open: () => Publisher
  #publisher: Publisher
  #sent = 0
  #producing: Promise<void> | undefined
  #stopping = false

  /** @param payments sent one after the other, as far as they are asked for */
  constructor(payments: readonly Payment[], topic: string, open: () => Publisher) {
    this.#payments = payments
    this.#topic = topic
    this.#open = open
    this.#publisher = open()
  }

  sent(): readonly Payment[] {
    return this.#payments.slice(0, this.#sent)
  }

  /** @throws when there are no more */
  async send(count: number): Promise<void> {
    const batch = this.#payments.slice(this.#sent, this.#sent + count)
    if (batch.length < count) throw new Error(`the experiment took longer than its ${this.#payments.length} payments last`)
    this.#sent += count
    await this.#publisher.publish(batch.map((payment) => recordOf(payment, this.#topic)))
  }

  /** A hundred payments a second, until `stop`. */
  start(): void {
    this.#stopping = false
    this.#producing = this.#produce()
    this.#producing.catch(() => {}) // told by stop
  }

  /** @throws what ended it before */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#producing
  }

  /** Goes on with a new publisher: the former one would hear of added partitions within minutes. */
  async renew(): Promise<void> {
    await this.#publisher.close()
    this.#publisher = this.#open()
  }

  async close(): Promise<void> {
    await this.stop().catch(() => {})
    await this.#publisher.close()
  }

  async #produce(): Promise<void> {
    while (!this.#stopping) {
      await this.send(perBatch)
      await pause(betweenBatchesMs)
    }
  }
}
