import type { MemoryBroker } from './broker.ts'

/** The way from one process to the broker. While it is cut, neither hears of the other. */
export class MemoryLine {
  readonly broker: MemoryBroker
  #isCut = false

  constructor(broker: MemoryBroker) {
    this.broker = broker
  }

  get isCut(): boolean {
    return this.#isCut
  }

  cut(isCut: boolean): void {
    this.#isCut = isCut
    this.broker.wake()
  }
}
