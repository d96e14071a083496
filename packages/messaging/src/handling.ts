import { isDeepStrictEqual } from 'node:util'
import { handledAs } from './batch.ts'
import { type DeadLetter, type Failure, letterOf } from './dead-letter.ts'
import { type Decoded, decode } from './envelope.ts'
import type { Faults } from './fault-points.ts'
import { type Message, now, nowMs } from './message.ts'
import { park, parkAnyway } from './parking.ts'
import { backoffMs, describe, type Handling, type HandlingOptions, handlingOf, persist } from './persisting.ts'
import type { Outcome, React } from './store.ts'
import type { Suspicious } from './suspicion.ts'
import { suspiciousLetters } from './suspicious-letters.ts'
import { Abandoned, type Assignment, type ConsumedRecord, type HandleRecords } from './transport.ts'

/** A message and the record in which it came. */
interface Received {
  readonly message: Message
  readonly record: ConsumedRecord
}

/**
 * The way of records into a service: decode, handle once in one transaction, and let go only of what is durably handled or set aside.
 * A chunk that fails is split until the failing message stands alone; it is parked in the service's own database, where it holds its
 * key, and a copy goes to the dead-letter topic. What the reactions doubt is parked as well, and holds nothing. While a transient fault lasts, the whole chunk waits; nothing is set aside for it.
 */
export const recordHandler = <Work>(options: HandlingOptions<Work>): HandleRecords => {
  const { catalogue, faults } = options
  const handling = handlingOf({ ...options, react: reactThenPass(options.react, faults) })
  return async (records, assignment) => {
    const received: Received[] = []
    const unreadable: DeadLetter[] = []
    for (const record of records) {
      const decoded = read(record, catalogue)
      if (decoded.kind === 'message') received.push({ message: decoded.message, record })
      else if (decoded.kind === 'undecodable') unreadable.push(undecodable(record, decoded))
      else if (decoded.kind === 'unknown') handling.observe.passedOver()
    }
    await park(handling, unreadable, assignment)
    if (received.length === 0) return
    const messages = received.map((r) => r.message)
    await faults?.pass('after-receive', typesOf(messages), keysOf(messages))
    await handleChunk(handling, received, assignment)
    await faults?.pass('before-offset-commit', typesOf(messages), keysOf(messages))
  }
}

const handleChunk = async <Work>(handling: Handling<Work>, chunk: readonly Received[], assignment: Assignment): Promise<void> => {
  const { store, react, faults, log } = handling
  const messages = chunk.map((r) => r.message)
  const isTransient = (error: unknown) => store.isTransient(error)
  const handle = () =>
    persist(handling, assignment, isTransient, 'handling', async () => {
      const outcome = await store.handleOnce(messages, react)
      await faults?.pass('after-commit', typesOf(messages), keysOf(messages))
      return outcome
    })
  const beganAtMs = nowMs()
  let failure: unknown
  try {
    return await settle(handling, await handle(), chunk, assignment)
  } catch (error) {
    if (error instanceof Abandoned) throw error
    failure = error
  }
  const [only, ...others] = chunk
  if (only !== undefined && others.length === 0) {
    const firstAt = new Date(beganAtMs).toISOString()
    return await retryAlone(handling, { received: only, firstAt, firstError: failure, handle }, assignment)
  }
  log.warn({ err: failure, messages: chunk.length }, 'a chunk failed: splitting it')
  const middle = Math.ceil(chunk.length / 2)
  await handleChunk(handling, chunk.slice(0, middle), assignment)
  await handleChunk(handling, chunk.slice(middle), assignment)
}

const settle = async <Work>(
  handling: Handling<Work>,
  outcome: Outcome,
  chunk: readonly Received[],
  assignment: Assignment,
): Promise<void> => {
  const { held, suspicious } = outcome
  const aside = new Set([...held, ...suspicious.map((s) => s.message)])
  const handled = chunk.flatMap((r) => (aside.has(r.message) ? [] : r.message))
  if (handled.length > 0) handling.observe.transaction(handled, outcome)
  await rehabilitate(handling, handled, chunk, assignment)
  if (suspicious.length > 0) await setAside(handling, suspicious, chunk, assignment)
  if (held.length > 0) await hold(handling, held, chunk, assignment)
}

/** Letters that are looked through when something is told again. */
const lettersMax = 1_000

/**
 * What was doubted since something else had been lost is believed when both are told again; its letter leaves then. Only what is told again
 * asks for that, so nothing is read on the ordinary way.
 */
const rehabilitate = async <Work>(
  handling: Handling<Work>,
  handled: readonly Message[],
  chunk: readonly Received[],
  assignment: Assignment,
): Promise<void> => {
  const again = new Set(handled.filter((m) => m.again !== undefined))
  if (again.size === 0) return
  const { store, log, catalogue } = handling
  await persist(
    handling,
    assignment,
    (error) => store.isTransient(error),
    'suspicious letters',
    async () => {
      const letters = await store.letters({ kind: 'suspicious', brief: true, limit: lettersMax })
      for (const { id, failure } of letters) {
        const told = chunk.find((r) => again.has(r.message) && r.message.id === failure.eventId)
        if (told === undefined) continue
        const [letter] = await store.letters({ id, limit: 1 })
        const doubted = letter && read(letter.record, catalogue)
        if (letter === undefined || doubted?.kind !== 'message' || !isSameEvent(doubted.message, told.message)) continue
        await store.discard(letter)
        log.info({ deadLetter: id, key: told.record.key }, 'what was doubted has been told again, and is believed')
      }
    },
  )
}

/** To this consumer: what it does not look at may differ, as in a copy that somebody made. */
const isSameEvent = (a: Message, b: Message): boolean =>
  (['key', 'type', 'source', 'causationId', 'correlationId'] as const).every((part) => a[part] === b[part]) &&
  isDeepStrictEqual(a.data, b.data)

/** Sets aside what was doubted; nothing waits behind it. */
const setAside = async <Work>(
  handling: Handling<Work>,
  suspicious: readonly Suspicious[],
  chunk: readonly Received[],
  assignment: Assignment,
): Promise<void> => {
  const records = new Map(
    chunk.map(({ message, record }) => [handledAs(message), record]).reverse() as [string, ConsumedRecord][],
  )
  const letters = suspiciousLetters(suspicious, records, handling.catalogue)
  const came = new Set(records.values())
  const own = letters.filter((l) => came.has(l.record))
  const waited = letters.filter((l) => !came.has(l.record))
  await parkAnyway(handling, waited, assignment)
  await park(handling, own, assignment)
}

/** Sets aside what waits behind a dead letter of its key; what no longer has to wait is handled. */
const hold = async <Work>(
  handling: Handling<Work>,
  held: readonly Message[],
  chunk: readonly Received[],
  assignment: Assignment,
): Promise<void> => {
  const ids = new Set(held.map((m) => m.id))
  const waiting = chunk.filter((r) => ids.has(r.message.id))
  const released = await park(handling, heldBehind(waiting), assignment)
  const free = waiting.filter((r) => released.has(r.record))
  if (free.length > 0) await handleChunk(handling, free, assignment)
}

/** A message that failed as the only one of its chunk. */
interface Alone {
  readonly received: Received
  readonly firstAt: string
  readonly firstError: unknown
  readonly handle: () => Promise<Outcome>
}

const retryAlone = async <Work>(
  handling: Handling<Work>,
  { received, firstAt, firstError, handle }: Alone,
  assignment: Assignment,
): Promise<void> => {
  const { attemptsMax, pause } = handling
  let error = firstError
  for (let attempt = 1; attempt < attemptsMax; attempt++) {
    if (assignment.abandoned()) throw new Abandoned('partitions lost between attempts')
    await pause(backoffMs(attempt))
    try {
      return await settle(handling, await handle(), [received], assignment)
    } catch (again) {
      if (again instanceof Abandoned) throw again
      error = again
    }
  }
  const { message, record } = received
  const failure: Failure = {
    kind: 'failed',
    error: describe(error),
    attempts: attemptsMax,
    firstAt,
    lastAt: now(),
    eventId: message.id,
  }
  await park(handling, [letterOf(record, failure)], assignment)
}

/** What a schema throws at is as unreadable as what it refuses. */
const read = (record: ConsumedRecord, catalogue: HandlingOptions<never>['catalogue']): Decoded => {
  try {
    return decode(record, catalogue)
  } catch (error) {
    return { kind: 'undecodable', reason: describe(error), id: record.headers.ce_id }
  }
}

const undecodable = (record: ConsumedRecord, { reason, id }: { readonly reason: string; readonly id?: string | undefined }) => {
  const at = now()
  return letterOf(record, { kind: 'undecodable', error: reason, attempts: 1, firstAt: at, lastAt: at, eventId: id })
}

const heldBehind = (waiting: readonly Received[]): readonly DeadLetter[] => {
  const at = now()
  const error = 'held behind an earlier dead letter of its key'
  return waiting.map(({ message, record }) =>
    letterOf(record, { kind: 'held', error, attempts: 0, firstAt: at, lastAt: at, eventId: message.id }),
  )
}

const typesOf = (messages: readonly Message[]): string[] => messages.map((m) => m.type)
const keysOf = (messages: readonly Message[]): string[] => messages.map((m) => m.key)

/** Passes the fault point that lies inside the transaction. */
export const reactThenPass =
  <Work>(react: React<Work>, faults: Faults | undefined): React<Work> =>
  async (work, fresh, doubt) => {
    const outgoing = await react(work, fresh, doubt)
    await faults?.pass('before-commit', typesOf(fresh), keysOf(fresh))
    return outgoing
  }
