import type { Channel, ConsumeMessage } from 'amqplib'
import type { Connection } from './connection.ts'
import { deliveriesOf, isMarker } from './records.ts'

/** `live`: one sequence of a topic; `past`: what was there before the group; `dead`: what the broker delivered too often. */
export type LaneKind = 'live' | 'past' | 'dead'

export interface LaneOptions {
  readonly topic: string
  readonly queue: string
  readonly kind: LaneKind
  /** Most messages that are here and not acknowledged. */
  readonly prefetch: number
  readonly onArrival: () => void
  /** The queue is gone, or its channel. */
  readonly onEnd: (error: Error | undefined) => void
}

/** So often delivered and not handled, a record may be what ends the process: it is handled alone, with nothing waiting behind it. */
const suspectDeliveries = 3

/**
 * One queue, as this member of the group has it: on a channel of its own, so that closing it gives back all that is not acknowledged, in
 * order, before another member gets anything.
 */
export class Lane {
  readonly topic: string
  readonly queue: string
  readonly kind: LaneKind
  readonly #options: LaneOptions
  #channel: Channel | undefined
  #waiting: ConsumeMessage[] = []
  #inHand = 0
  #isCareful = false
  /** True once something came: of several members the broker delivers to one alone. */
  isActive = false
  /** Nothing more is to be taken of it. */
  isLeaving = false

  constructor(options: LaneOptions) {
    this.#options = options
    this.topic = options.topic
    this.queue = options.queue
    this.kind = options.kind
  }

  /** How many records are here and not acknowledged. */
  get held(): number {
    const last = this.#waiting.at(-1)
    return this.#waiting.length + this.#inHand - (last !== undefined && isMarker(last) ? 1 : 0)
  }

  get waiting(): readonly ConsumeMessage[] {
    return this.isLeaving ? [] : this.#waiting
  }

  /** True when the next message was delivered so often that nothing else is to be at stake with it. */
  get isSuspect(): boolean {
    return this.deliveries >= suspectDeliveries
  }

  /** How often the next message had been delivered before. */
  get deliveries(): number {
    const [next] = this.#waiting
    return next === undefined ? 0 : deliveriesOf(next)
  }

  /** True when it has the wrong prefetch for what comes next. */
  get wantsOther(): boolean {
    return this.#waiting.length > 0 && this.#inHand === 0 && this.isSuspect !== this.#isCareful
  }

  async open(connection: Connection): Promise<void> {
    const channel = await connection.channel()
    this.#channel = channel
    const { prefetch, onArrival, onEnd } = this.#options
    const isMine = () => this.#channel === channel
    channel.on('close', () => isMine() && onEnd(new Error(`the channel of ${this.queue} was closed`)))
    await channel.prefetch(this.#isCareful ? 1 : prefetch)
    await channel.consume(this.queue, (message) => {
      if (!isMine()) return
      if (message === null) return onEnd(undefined)
      this.isActive = true
      this.#waiting.push(message)
      onArrival()
    })
  }

  take(count: number): readonly ConsumeMessage[] {
    const taken = this.#waiting.splice(0, count)
    this.#inHand += taken.length
    return taken
  }

  /** All that was taken up to this message is done with for good. */
  done(last: ConsumeMessage): void {
    this.#inHand = 0
    this.#channel?.ack(last, true)
  }

  /** What was taken comes again before the rest. */
  putBack(messages: readonly ConsumeMessage[]): void {
    this.#inHand = 0
    this.#waiting.unshift(...messages)
  }

  /** Gives everything back and stands at the end of the line for it; with a prefetch of one when the next message is suspect. */
  async reopen(connection: Connection): Promise<void> {
    this.#isCareful = this.isSuspect
    await this.close()
    await this.open(connection)
    this.isLeaving = false
  }

  async close(): Promise<void> {
    const channel = this.#channel
    this.#channel = undefined
    this.#waiting = []
    this.#inHand = 0
    this.isActive = false
    await channel?.close().catch(() => {})
  }
}
