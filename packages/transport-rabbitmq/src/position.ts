/**
 * Where RabbitMQ has a record. A queue numbers nothing, so the publisher does: the number is the message's id, the same in a topic's stream
 * and in the queues of its groups. It tells its time, in milliseconds since 2025, and from which publisher it came; 53 bits, which JavaScript
 * and every tool that shows numbers take whole. The text has the form of Kafka's, with 0 for the one sequence that a stream is.
 */

const epochMs = Date.UTC(2025, 0, 1)
/** Numbers of one millisecond: so many publishers, so many records of each. */
export const publishersMax = 128
const recordsPerMs = 32
const perMs = publishersMax * recordsPerMs

/** Of what other programs published without such a number: a fingerprint stands for it. */
const foreignSequence = '1'

export const positionOf = (id: number): string => `0/${id}`
export const foreignPosition = (fingerprint: number): string => `${foreignSequence}/${fingerprint}`

/** A message's id when it is such a number; `undefined` for what others publish. */
export const idIn = (messageId: unknown): number | undefined => {
  if (typeof messageId !== 'string' || !/^[1-9]\d{0,15}$/.test(messageId)) return undefined
  const id = Number(messageId)
  return Number.isSafeInteger(id) ? id : undefined
}

/** The number in a position; `undefined` for what others publish. */
export const idOf = (position: string): number | undefined => {
  const [sequence, id] = position.split('/')
  return sequence === foreignSequence || id === undefined ? undefined : Number(id)
}

/** When it was published, in milliseconds since 1970; `undefined` for what others publish. */
export const timeOf = (position: string): number | undefined => {
  const id = idOf(position)
  return id === undefined ? undefined : timeOfId(id)
}

export const timeOfId = (id: number): number => Math.floor(id / perMs) + epochMs

/** The first number of a millisecond. */
export const idAt = (ms: number): number => Math.max(0, ms - epochMs) * perMs

/**
 * Numbers of one publisher, each greater than the one before, also when the clock is set back; what one millisecond has no room for is
 * taken from the next ones.
 * @param publisher below `publishersMax`, and no other one's at the same time.
 */
export const numbering = (publisher: number, nowMs: () => number = Date.now): (() => number) => {
  let ms = 0
  let count = 0
  return () => {
    const now = nowMs()
    if (now > ms) [ms, count] = [now, 0]
    else if (++count === recordsPerMs) [ms, count] = [ms + 1, 0]
    return idAt(ms) + publisher * recordsPerMs + count
  }
}
