import { setTimeout as pause } from 'node:timers/promises'
import type { Catalogue } from './catalogue.ts'
import { type DeadLetter, holdsKey, oneLine } from './dead-letter.ts'
import { decode } from './envelope.ts'
import type { Faults } from './fault-points.ts'
import { reactThenPass } from './handling.ts'
import type { Log } from './log.ts'
import { type Message, now, nowMs } from './message.ts'
import type { SetAside } from './parking.ts'
import { describe } from './persisting.ts'
import type { DeadLetterStore, React } from './store.ts'
import { suspiciousLetters } from './suspicious-letters.ts'

export interface DeadLettersOptions<Work> {
  readonly store: DeadLetterStore<Work>
  readonly catalogue: Catalogue
  readonly react: React<Work>
  readonly log: Log
  /** Takes what had waited for a letter's event and is doubted then. */
  readonly setAside: SetAside
  readonly faults?: Faults | undefined
}

/** Which letters: one, those of a key, or all. */
export type Selection = { readonly id: string } | { readonly key: string } | { readonly all: true }

/**
 * - `handled`, `duplicate` (its event had been handled), `not-ours` (this consumer no longer reacts to it), `discarded`: the letter is gone.
 * - `released`: it is of an outgoing message, which the relay tries again.
 * - `suspicious`: it contradicts what the consumer knows; it stays, and holds its key no longer.
 * - `failed`: it went wrong again. `waiting`: another letter of its key has to go first. `refused`: it is a compensation, or of an outgoing message.
 * - `would-replay`, `would-discard`: nothing was done, as asked.
 */
export type LetterOutcome =
  | 'handled'
  | 'duplicate'
  | 'not-ours'
  | 'discarded'
  | 'released'
  | 'suspicious'
  | 'failed'
  | 'waiting'
  | 'refused'
  | 'would-replay'
  | 'would-discard'

export interface LetterResult {
  readonly id: string
  readonly outcome: LetterOutcome
  /** One line. */
  readonly error?: string
}

/**
 * A letter, brief when there are several, and whether somebody has to look: a compensation that keeps failing leaves an order half undone,
 * and of a message that cannot be sent nobody hears.
 */
export interface ListedLetter {
  readonly letter: DeadLetter
  readonly type?: string
  readonly needsAttention: boolean
}

export interface DeadLetters {
  /** Oldest first. */
  list(query: {
    readonly id?: string | undefined
    readonly key?: string | undefined
    readonly limit: number
  }): Promise<readonly ListedLetter[]>
  /**
   * Handles the letters anew, with their own event ids through the same inbox. Those of a key go oldest first, and stop at the first that
   * fails again. At most 1,000 in one call.
   */
  replay(selection: Selection, options?: { readonly dryRun?: boolean }): Promise<readonly LetterResult[]>
  /** Takes letters away without effect; never a compensation's. At most 1,000 in one call. */
  discard(selection: Selection, options?: { readonly dryRun?: boolean }): Promise<readonly LetterResult[]>
  /** Replays the compensations whose time has come, and what waits behind them. */
  retryCompensations(): Promise<readonly LetterResult[]>
}

const lettersMax = 1_000
const retryDelayMsMin = 2_000
const retryDelayMsMax = 300_000

/** Says of a letter what it is about. */
const listing =
  (catalogue: Catalogue) =>
  (letter: DeadLetter): ListedLetter => {
    const type = catalogue.lookup(letter.record.headers.ce_type ?? '')?.type
    const { kind } = letter.failure
    const needsAttention = kind === 'unsendable' || (kind === 'failed' && type !== undefined && catalogue.compensates(type))
    return { letter, ...(type === undefined ? {} : { type }), needsAttention }
  }

/** Waits as long again as it has failed so far: the delay doubles. A clock that was set back does not hold it up. */
const isDue = ({ failure: { firstAt, lastAt } }: DeadLetter): boolean => {
  const failingMs = Date.parse(lastAt) - Date.parse(firstAt)
  const restedMs = nowMs() - Date.parse(lastAt)
  return restedMs < 0 || restedMs >= Math.min(retryDelayMsMax, Math.max(retryDelayMsMin, failingMs))
}

/** Why a letter may not be discarded. */
const whyKept = ({ letter, needsAttention }: ListedLetter): string | undefined => {
  if (!needsAttention) return undefined
  return letter.failure.kind === 'unsendable'
    ? 'others wait for what it tells: let the broker take it, and replay it'
    : 'it undoes a step of its order, which only replaying it can complete'
}

/** In order; behind one that fails, those of its key wait. */
const inOrder = async (
  letters: readonly DeadLetter[],
  replay: (letter: DeadLetter) => Promise<LetterResult>,
): Promise<readonly LetterResult[]> => {
  const results: LetterResult[] = []
  const stuck = new Set<string>()
  for (const letter of letters) {
    const { id, record } = letter
    const key = holdsKey(letter) ? (record.key ?? id) : id
    if (stuck.has(key)) {
      results.push({ id, outcome: 'waiting', error: 'an earlier one of its key failed again' })
      continue
    }
    const result = await replay(letter)
    if (result.outcome === 'failed') stuck.add(key)
    results.push(result)
  }
  return results
}

const handleLetter = async <Work>(
  { store, catalogue, react, log, setAside }: DeadLettersOptions<Work>,
  letter: DeadLetter,
  message: Message,
): Promise<LetterResult> => {
  const { id, record } = letter
  const { handled, suspicious } = await store.handleParked(letter, message, react)
  const doubt = suspicious.find((s) => s.message === message)
  // What had waited for this one and is doubted has no letter yet.
  const waited = suspicious.filter((s) => s !== doubt)
  if (waited.length > 0) await setAside(suspiciousLetters(waited, new Map(), catalogue))
  if (doubt !== undefined) return { id, outcome: 'suspicious', error: doubt.reason }
  log.info({ deadLetter: id, key: record.key, handled }, 'dead letter replayed')
  return { id, outcome: handled > 0 ? 'handled' : 'duplicate' }
}

/** What a consumer can do with the records that it has set aside. */
export const deadLetters = <Work>(options: DeadLettersOptions<Work>): DeadLetters => {
  const { store, catalogue, log, faults } = options
  const react = reactThenPass(options.react, faults)

  const listed = listing(catalogue)

  const select = (selection: Selection) =>
    store.letters({ limit: lettersMax, brief: true, ...('all' in selection ? {} : selection) })

  /** The letter of the same key that has to go first. */
  const firstOf = async (letter: DeadLetter): Promise<DeadLetter | undefined> => {
    const { key } = letter.record
    if (!holdsKey(letter) || key === null) return undefined
    return (await store.letters({ key, brief: true, limit: lettersMax })).find(holdsKey)
  }

  const release = async (letter: DeadLetter): Promise<LetterResult> => {
    await store.release(letter)
    return { id: letter.id, outcome: 'released' }
  }

  /** @param brief the letter, of which the whole is read: values of many at once could be too much. */
  const replayOne = async (brief: DeadLetter): Promise<LetterResult> => {
    const { id } = brief
    const [letter] = await store.letters({ id, limit: 1 })
    if (letter === undefined) return { id, outcome: 'duplicate' }
    const { record, failure } = letter
    try {
      if (failure.kind === 'unsendable') return await release(letter)
      const decoded = decode(record, catalogue)
      if (decoded.kind === 'undecodable') throw new Error(decoded.reason)
      if (decoded.kind !== 'message') {
        await store.discard(letter)
        return { id, outcome: 'not-ours' }
      }
      return await handleLetter({ ...options, react }, letter, decoded.message)
    } catch (error) {
      const text = oneLine(describe(error))
      const again = { ...failure, error: text, attempts: failure.attempts + 1, lastAt: now() }
      // The database may be what failed: then the letter stays as it was.
      await store.failedAgain({ ...letter, failure: again }).catch(() => {})
      log.warn({ err: error, deadLetter: id, key: record.key }, 'dead letter: failed again')
      return { id, outcome: 'failed', error: text }
    }
  }

  const replayAll = (letters: readonly DeadLetter[]) => inOrder(letters, replayOne)

  const discardOne = async (letter: DeadLetter): Promise<LetterResult> => {
    const { id } = letter
    const error = whyKept(listed(letter))
    if (error !== undefined) return { id, outcome: 'refused', error }
    await store.discard(letter)
    log.warn({ deadLetter: id, key: letter.record.key }, 'dead letter discarded')
    return { id, outcome: 'discarded' }
  }

  return {
    list: async (query) => (await store.letters({ ...query, brief: query.id === undefined })).map(listed),

    replay: async (selection, { dryRun = false } = {}) => {
      const letters = await select(selection)
      if (dryRun) return letters.map(({ id }) => ({ id, outcome: 'would-replay' as const }))
      const [only] = letters
      if ('id' in selection && only !== undefined) {
        const first = await firstOf(only)
        if (first !== undefined && first.id !== only.id)
          return [{ id: only.id, outcome: 'waiting', error: `${first.id} of the same key has to go first` }]
      }
      return await replayAll(letters)
    },

    discard: async (selection, { dryRun = false } = {}) => {
      const results: LetterResult[] = []
      for (const letter of await select(selection))
        results.push(dryRun ? { id: letter.id, outcome: 'would-discard' } : await discardOne(letter))
      return results
    },

    retryCompensations: async () => {
      const failed = await store.letters({ kind: 'failed', brief: true, limit: lettersMax })
      const due = failed.filter((l) => listed(l).needsAttention && isDue(l))
      const results: LetterResult[] = []
      for (const { record } of due) {
        const ofKey = await store.letters({ key: record.key ?? '', brief: true, limit: lettersMax })
        results.push(...(await replayAll(ofKey.filter(holdsKey))))
      }
      return results
    },
  }
}

/** Goes on trying the compensations that failed, until it is stopped: seconds after the first failure, at last every 5 minutes. */
export const retryCompensations = (letters: Pick<DeadLetters, 'retryCompensations'>, log: Log, intervalMs = 5_000) => {
  const stopping = new AbortController()
  const run = async () => {
    while (!stopping.signal.aborted) {
      await pause(intervalMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      await letters.retryCompensations().catch((err) => log.warn({ err }, 'compensations: not tried again this time'))
    }
  }
  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
