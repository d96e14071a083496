import { describe, type HandlingOptions } from './persisting.ts'
import { Abandoned, type ConsumedRecord, type HandleRecords, type Place } from './transport.ts'

/** Work that is in hand and of which nothing has come since. */
export interface Standstill {
  /** Milliseconds since it was begun, or since something came of it for the last time. */
  readonly forMs: number
  /** What the latest attempt failed with, in one line. */
  readonly reason: string
  /** The record at which it stands; absent for what has no place on a topic. */
  readonly place?: Place | undefined
}

/** Is told what one part of a process (a consumer, a relay, a projection) tries, and knows since when the same is tried in vain. */
export interface ProgressWatch {
  /** Work is taken in hand. The same place again counts on from where it was, as long as nothing came of it. */
  began(place?: Place): void
  /** It will be tried again. @param place where it failed, when that is known better than by what was begun. */
  failed(error: unknown, place?: Place): void
  /** Something came of it; the rest of it is still in hand. */
  advanced(): void
  /** Nothing is in hand any more. */
  ended(): void
  /** It was given up; somebody else may have it now. */
  released(): void
  /** Undefined when nothing is in hand, or all that is goes on. */
  standstill(): Standstill | undefined
}

/** Standing for so long counts as not going on. */
export const standstillMsMin = 30_000
/** What failed and is not tried again after so long is somebody else's now. Longer than every pause between two attempts. */
const pauseMsMax = 15_000

/** @param clock milliseconds that only go forward; default `performance.now`. */
export const watchProgress = (clock: () => number = () => performance.now()): ProgressWatch => {
  let work: string | undefined
  let since = 0
  let trying = false
  let heardAt = 0
  let reason: string | undefined
  let place: Place | undefined

  return {
    began: (at) => {
      const begun = at === undefined ? '' : `${at.topic}/${at.position}`
      if (work !== begun) {
        since = clock()
        reason = undefined
        place = at && placeOf(at)
      }
      work = begun
      trying = true
    },
    failed: (error, at = place) => {
      reason = describe(error)
        .replace(/[\s\p{Cc}]+/gu, ' ')
        .slice(0, 300)
      place = at && placeOf(at)
      heardAt = clock()
    },
    advanced: () => {
      since = clock()
      reason = undefined
    },
    ended: () => {
      work = undefined
      trying = false
    },
    released: () => {
      trying = false
      heardAt = clock()
    },
    standstill: () => {
      if (work === undefined || (!trying && clock() - heardAt > pauseMsMax)) return undefined
      return { forMs: clock() - since, reason: reason ?? 'it has been under way since then', place }
    },
  }
}

/** Of a record no more than that: it is large, and so is the fetch that it is a part of. */
const placeOf = ({ topic, position }: Place): Place => ({ topic, position })

/** The handler, with what becomes of its chunks told to `progress`. A chunk that throws is expected again. */
export const watchHandler =
  (handle: HandleRecords, progress: ProgressWatch): HandleRecords =>
  async (records, assignment) => {
    progress.began(records[0])
    try {
      await handle(records, assignment)
    } catch (error) {
      if (!(error instanceof Abandoned)) progress.failed(error)
      progress.released()
      throw error
    }
    progress.ended()
  }

/** What makes a handler whose every attempt is told. */
export interface WatchedHandling<Work> {
  /** To make the handler with. */
  readonly options: HandlingOptions<Work>
  /** Around what was made with them. */
  watch(handle: HandleRecords): HandleRecords
}

/**
 * Has each attempt inside a chunk told to `progress`, too: what was handled or set aside for the first time is progress, a copy of what
 * was handled before is none.
 */
export const watchHandling = <Work>(options: HandlingOptions<Work>, progress: ProgressWatch): WatchedHandling<Work> => {
  const { store, publisher } = options
  let records: readonly ConsumedRecord[] = []
  let asideIds: readonly string[] = []
  let asidePlace: Place | undefined
  const trying = async <T>(attempt: () => Promise<T>, isProgress: (outcome: T) => boolean, place: () => Place | undefined) => {
    try {
      const outcome = await attempt()
      if (isProgress(outcome)) progress.advanced()
      return outcome
    } catch (error) {
      progress.failed(error, place())
      throw error
    }
  }
  const watched: HandlingOptions<Work>['store'] = {
    letters: (query) => store.letters(query),
    discard: (letter) => store.discard(letter),
    isTransient: (error) => store.isTransient(error),
    handleOnce: (batch, react) =>
      trying(
        () => store.handleOnce(batch, react),
        ({ handled }) => handled > 0,
        () => records.find((r) => r.headers.ce_id === batch[0]?.id),
      ),
    park: (letters) => {
      const before = new Set(asideIds)
      const isNew = () => {
        asideIds = [...letters.map((l) => l.id), ...asideIds].slice(0, letterIdsMax)
        asidePlace = letters[0] && placeOf(letters[0].record)
        return letters.some((l) => !before.has(l.id))
      }
      return trying(
        () => store.park(letters),
        isNew,
        () => letters[0]?.record,
      )
    },
  }
  // Only copies of letters are published here, right after these were set aside.
  const publish: typeof publisher.publish = (copies) =>
    trying(
      () => publisher.publish(copies),
      () => false,
      () => asidePlace,
    )
  return {
    options: { ...options, store: watched, publisher: { publish } },
    watch: (handle) =>
      watchHandler((chunk, assignment) => {
        records = chunk
        return handle(chunk, assignment).finally(() => {
          records = []
        })
      }, progress),
  }
}

const letterIdsMax = 1_000
