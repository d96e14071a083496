/** Where Kafka has a record: offsets count from 0 in each partition. */
export interface KafkaPosition {
  readonly partition: number
  /** Decimal. */
  readonly offset: string
}

export const positionOf = (partition: number, offset: string | number): string => `${partition}/${offset}`

/** Reads a position of this driver, for those who show it. @throws RangeError when it is none. */
export const kafkaPosition = (position: string): KafkaPosition => {
  const slash = position.indexOf('/')
  const partition = Number(position.slice(0, slash))
  if (slash < 1 || !Number.isInteger(partition)) throw new RangeError(`${position} is no position of Kafka`)
  return { partition, offset: position.slice(slash + 1) }
}
