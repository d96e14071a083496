/** Both drivers give positions this form; with RabbitMQ, whose queues number nothing, the offset is the number that the publisher gave. */
export interface Numbers {
  readonly partition: number
  /** Decimal. */
  readonly offset: string
}

export const positionOf = (partition: number, offset: string | number): string => `${partition}/${offset}`

/** Takes a position apart, for those who show it. @throws RangeError when it is none. */
export const numbersOf = (position: string): Numbers => {
  const slash = position.indexOf('/')
  const partition = Number(position.slice(0, slash))
  if (slash < 1 || !Number.isInteger(partition)) throw new RangeError(`${position} is no position on a broker`)
  return { partition, offset: position.slice(slash + 1) }
}
