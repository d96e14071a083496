import { type CopyExtent, copyExtents, type DeadLetter, deadLetterRecord, oneLine } from './dead-letter.ts'
import { describe, type Handling, type HandlingOptions, handlingOf, persist } from './persisting.ts'
import { Abandoned, type Assignment, type ConsumedRecord, type OutgoingRecord, Unsendable } from './transport.ts'

/** Letters of one call that are told one by one; of more only how many there are, and the first ones. */
const linesMax = 3
const keyLengthMax = 200

/**
 * Sets letters aside in one transaction, and publishes their copies in one request. What the database refuses for good is tried letter by
 * letter, then without what it may have refused; of what the broker refuses, less is sent.
 * @returns the records whose key is no longer held: they are to be handled.
 */
export const park = async <Work>(
  handling: Handling<Work>,
  letters: readonly DeadLetter[],
  assignment: Assignment,
): Promise<ReadonlySet<ConsumedRecord>> => {
  if (letters.length === 0) return new Set()
  if (assignment.abandoned()) throw new Abandoned('dead letter: partitions lost before it was set aside')
  const parked = await (letters.every(isUnreadable) ? parkBoth : parkInTurn)(handling, letters, assignment)
  for (const { failure } of parked) handling.observe.deadLettered(failure.kind)
  tell(handling, parked)
  const ids = new Set(parked.map((l) => l.id))
  return new Set(letters.flatMap((l) => (ids.has(l.id) ? [] : l.record)))
}

/** So often a database or a broker that is away is tried again by who lost the partitions, or never had them. */
const retriesWithoutPartitionsMax = 5

/**
 * Sets aside what had waited and comes to nobody again: it goes on without the partitions, but then only for a few attempts. Behind these
 * the letters, or their copies, are missing.
 */
export const parkAnyway = async <Work>(
  handling: Handling<Work>,
  letters: readonly DeadLetter[],
  assignment: Pick<Assignment, 'abandoned'>,
): Promise<void> => {
  let retries = 0
  const abandoned = () => assignment.abandoned() && ++retries > retriesWithoutPartitionsMax
  try {
    await park(handling, letters, { abandoned, heartbeat: async () => {} })
  } catch (error) {
    if (!(error instanceof Abandoned)) throw error
    handling.log.warn({ deadLetters: letters.map((l) => l.id) }, 'dead letters: not set aside, or without copies on their topic')
  }
}

export type SetAside = (letters: readonly DeadLetter[]) => Promise<void>

/** The same for who has no partitions: an operator's replay. */
export const settingAside =
  <Work>(options: HandlingOptions<Work>): SetAside =>
  (letters) =>
    parkAnyway(handlingOf(options), letters, { abandoned: () => true })

type Park = <Work>(handling: Handling<Work>, letters: readonly DeadLetter[], of: Assignment) => Promise<readonly DeadLetter[]>

const isUnreadable = ({ failure }: DeadLetter): boolean => failure.kind === 'undecodable'

/** Nobody waits behind such a letter, so none of them turns out to be free: the database and the broker are written side by side. */
const parkBoth: Park = async (handling, letters, assignment) => {
  const [stored, copied] = await Promise.allSettled([
    parkStored(handling, letters, assignment),
    publishCopies(handling, letters, assignment),
  ])
  if (stored.status === 'rejected') throw stored.reason
  if (copied.status === 'rejected') throw copied.reason
  return stored.value
}

const parkInTurn: Park = async (handling, letters, assignment) => {
  const parked = await parkStored(handling, letters, assignment)
  await publishCopies(handling, parked, assignment)
  return parked
}

const parkStored = async <Work>(
  handling: Handling<Work>,
  letters: readonly DeadLetter[],
  assignment: Assignment,
): Promise<readonly DeadLetter[]> => {
  const { store, log } = handling
  const isTransient = (error: unknown) => store.isTransient(error)
  const parkIn = (some: readonly DeadLetter[]) => persist(handling, assignment, isTransient, 'parking', () => store.park(some))
  try {
    return await parkIn(letters)
  } catch (error) {
    if (error instanceof Abandoned) throw error
    log.warn({ err: error, letters: letters.length }, 'dead letters: refused together, trying each')
  }
  const parked: DeadLetter[] = []
  for (const letter of letters) {
    try {
      parked.push(...(await parkIn([letter])))
    } catch (error) {
      if (error instanceof Abandoned) throw error
      log.error(
        { err: error, deadLetter: letter.id },
        'dead letter: the database does not take the record, only that it was there',
      )
      // The database takes this one, or none at all: then there is nothing but to wait for somebody who mends it.
      parked.push(...(await parkIn([withoutContent(letter, error)])))
    }
  }
  return parked
}

/** What holds its key keeps it: it has been decoded. The record itself is on its topic for as long as that keeps it. */
const withoutContent = (letter: DeadLetter, error: unknown): DeadLetter => {
  const { topic, position, timestampMs, key, value } = letter.record
  const { kind, error: reason } = letter.failure
  const told = `${reason.slice(0, 500)} (not stored, ${value?.length ?? 0} bytes: ${describe(error)})`
  return {
    ...letter,
    record: { topic, position, timestampMs, key: kind === 'undecodable' ? null : key, value: null, headers: {} },
    failure: { ...letter.failure, error: oneLine(told) },
  }
}

/** The broker may be away as well. Only what is on its topic lets the record pass; of what the broker never takes, less is sent. */
const publishCopies = async <Work>(
  handling: Handling<Work>,
  parked: readonly DeadLetter[],
  assignment: Assignment,
): Promise<void> => {
  const { publisher, catalogue, consumer, describePosition, log } = handling
  const copyOf = (letter: DeadLetter, extent: CopyExtent): OutgoingRecord =>
    deadLetterRecord(letter, catalogue.deadLetterTopic(letter.record.topic), consumer, describePosition, extent)
  let copies = parked.map((letter) => ({ letter, extent: 0, record: copyOf(letter, 'whole') }))
  while (copies.length > 0) {
    let refused: OutgoingRecord | undefined
    const publish = async () => {
      try {
        await publisher.publish(copies.map((c) => c.record))
      } catch (error) {
        if (!(error instanceof Unsendable) || !copies.some((c) => c.record === error.record)) throw error
        refused = error.record
      }
    }
    await persist(handling, assignment, () => true, 'dead letter', publish)
    if (refused === undefined) return
    copies = copies.flatMap((copy) => {
      if (copy.record !== refused) return copy
      const { letter } = copy
      const extent = copyExtents[copy.extent + 1]
      if (extent !== undefined) return { letter, extent: copy.extent + 1, record: copyOf(letter, extent) }
      log.error({ deadLetter: letter.id }, 'dead letter: the broker does not take even the least copy')
      return []
    })
  }
}

/** A line for each of a few; thousands at once are one line for a chunk, which says where the first of them are. */
const tell = <Work>({ log }: Pick<Handling<Work>, 'log'>, parked: readonly DeadLetter[]): void => {
  if (parked.length > linesMax) {
    const kinds = Object.fromEntries(
      [...Map.groupBy(parked, (l) => l.failure.kind)].map(([kind, ofKind]) => [kind, ofKind.length]),
    )
    const first = parked.slice(0, linesMax).map(({ id, failure }) => `${id}: ${failure.error.slice(0, 100)}`)
    log.error({ letters: parked.length, ...kinds, first, last: parked.at(-1)?.id }, 'dead letters')
    return
  }
  for (const { id, record, failure } of parked)
    log.error({ ...failure, deadLetter: id, key: record.key?.slice(0, keyLengthMax) ?? null }, 'dead letter')
}
