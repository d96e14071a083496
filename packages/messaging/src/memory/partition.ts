import type { ConsumedRecord } from '../transport.ts'

export interface Partition {
  readonly topic: string
  readonly number: number
  readonly records: ConsumedRecord[]
}

/** Where the broker in memory has a record. */
export interface MemoryPosition {
  readonly partition: number
  /** Counts from 0. */
  readonly index: number
}

export const memoryPositionOf = (partition: number, index: number): string => `${partition}/${index}`

/** Reads a position of this driver, for those who show it. */
export const memoryPosition = (position: string): MemoryPosition => {
  const [partition = '', index = ''] = position.split('/')
  return { partition: Number(partition), index: Number(index) }
}
