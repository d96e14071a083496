import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { concerns, type Toxic } from '@shop/tools/running-shop'

/** Bytes read and not yet passed on; above it the sender waits, as on a slow network. */
const heldBytesMax = 4 * 1024 * 1024
const piecesPerSecond = 20

type Of<K extends Toxic['kind']> = Extract<Toxic, { kind: K }>

export interface LaneOptions {
  readonly from: Socket
  readonly to: Socket
  readonly way: 'downstream' | 'upstream'
  /** Those of the link now. */
  readonly toxics: () => readonly Toxic[]
  /** Closes the whole connection. */
  readonly close: () => void
}

/** One direction of one connection: passes bytes on, in order, as the toxics of the moment let it. */
export class Lane {
  readonly #options: LaneOptions
  readonly #held: { readonly bytes: Buffer; readonly at: number }[] = []
  #heldBytes = 0
  #carriedBytes = 0
  #sourceEnded = false
  #cut = false
  readonly #gone = new AbortController()
  #more = Promise.withResolvers<void>()

  constructor(options: LaneOptions) {
    this.#options = options
    const { from } = options
    from.on('data', (bytes: Buffer) => {
      this.#held.push({ bytes, at: performance.now() })
      this.#heldBytes += bytes.length
      if (this.#heldBytes > heldBytesMax) from.pause()
      this.wake()
    })
    from.on('end', () => {
      this.#sourceEnded = true
      this.wake()
    })
    void this.#carry()
  }

  /** Looks at the toxics again. */
  wake(): void {
    this.#more.resolve()
    this.#more = Promise.withResolvers()
  }

  /** The connection is no more. */
  end(): void {
    this.#gone.abort()
    this.wake()
  }

  #toxic<K extends Toxic['kind']>(kind: K): Of<K> | undefined {
    const { toxics, way } = this.#options
    return toxics().find((t): t is Of<K> => t.kind === kind && concerns(t, way))
  }

  async #carry(): Promise<void> {
    while (!this.#gone.signal.aborted) {
      const next = this.#held[0]
      if (this.#toxic('half_close')) this.#cutOff()
      if (this.#toxic('timeout') || (next === undefined && !this.#sourceEnded)) {
        await this.#more.promise
        continue
      }
      if (next === undefined) return await this.#finish()
      this.#held.shift()
      await this.#pass(next.bytes, next.at)
      this.#heldBytes -= next.bytes.length
      if (this.#heldBytes <= heldBytesMax) this.#options.from.resume()
    }
  }

  async #pass(bytes: Buffer, at: number): Promise<void> {
    const latency = this.#toxic('latency')
    if (latency) await this.#pause(at + latency.ms + (Math.random() * 2 - 1) * latency.jitterMs - performance.now())
    const limit = this.#toxic('limit_data')
    const left = limit ? limit.bytes - this.#carriedBytes : Number.POSITIVE_INFINITY
    await this.#write(bytes.subarray(0, Math.max(0, left)))
    this.#carriedBytes += bytes.length
    if (bytes.length > left) this.#options.close()
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let start = 0; start < bytes.length && !this.#gone.signal.aborted; ) {
      const rate = this.#toxic('bandwidth')?.bytesPerSecond
      const size = rate === undefined ? bytes.length : Math.max(1, Math.floor(rate / piecesPerSecond))
      const piece = bytes.subarray(start, start + size)
      if (rate !== undefined) await this.#pause((piece.length / rate) * 1_000)
      if (!this.#cut && this.#options.to.writable && !this.#options.to.write(piece)) await this.#drained()
      start += size
    }
  }

  /** The receiver is told that this stream has ended; what still comes is dropped. */
  #cutOff(): void {
    if (this.#cut) return
    this.#cut = true
    this.#options.to.end()
  }

  async #finish(): Promise<void> {
    const slow = this.#toxic('slow_close')
    if (slow) await this.#pause(slow.ms)
    this.#cutOff()
  }

  async #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { to } = this.#options
    to.once('drain', resolve)
    to.once('close', resolve)
    await promise
    to.off('drain', resolve)
    to.off('close', resolve)
  }

  async #pause(delayMs: number): Promise<void> {
    if (delayMs > 0) await pause(delayMs, undefined, { signal: this.#gone.signal }).catch(() => {})
  }
}
