import { setTimeout as pause } from 'node:timers/promises'
import type { Catalogue } from './catalogue.ts'
import { type DeadLetter, holdsKey } from './dead-letter.ts'
import { decode } from './envelope.ts'
import type { Faults } from './fault-points.ts'
import { describe, reactThenPass } from './handling.ts'
import type { Log } from './log.ts'
import { now, nowMs } from './message.ts'
import type { DeadLetterStore, React } from './store.ts'
import { suspiciousLetters } from './suspicious-letters.ts'

export interface DeadLettersOptions<Work> {
  readonly store: DeadLetterStore<Work>
  readonly catalogue: Catalogue
  readonly react: React<Work>
  readonly log: Log
  readonly faults?: Faults | undefined
}

/** Which letters: one, those of a key, or all. */
export type Selection = { readonly id: string } | { readonly key: string } | { readonly all: true }

/**
 * - `handled`, `duplicate` (its event had been handled), `not-ours` (this consumer no longer reacts to it), `discarded`: the letter is gone.
 * - `suspicious`: it contradicts what the consumer knows; it stays, and holds its key no longer.
 * - `failed`: it went wrong again. `waiting`: another letter of its key has to go first. `refused`: it is a compensation.
 * - `would-replay`, `would-discard`: nothing was done, as asked.
 */
export type LetterOutcome =
  | 'handled'
  | 'duplicate'
  | 'not-ours'
  | 'discarded'
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

/** A letter, and whether somebody has to look: a compensation that keeps failing leaves an order half undone. */
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

/** What a consumer can do with the records that it has set aside. */
export const deadLetters = <Work>(options: DeadLettersOptions<Work>): DeadLetters => {
  const { store, catalogue, log, faults } = options
  const react = reactThenPass(options.react, faults)

  const listed = (letter: DeadLetter): ListedLetter => {
    const type = catalogue.lookup(letter.record.headers.ce_type ?? '')?.type
    const needsAttention = letter.failure.kind === 'failed' && type !== undefined && catalogue.compensates(type)
    return { letter, ...(type === undefined ? {} : { type }), needsAttention }
  }

  const select = (selection: Selection) => store.letters({ limit: lettersMax, ...('all' in selection ? {} : selection) })

  /** The letter of the same key that has to go first. */
  const firstOf = async (letter: DeadLetter): Promise<DeadLetter | undefined> => {
    const { key } = letter.record
    if (!holdsKey(letter) || key === null) return undefined
    return (await store.letters({ key, limit: lettersMax })).find(holdsKey)
  }

  const replayOne = async (letter: DeadLetter): Promise<LetterResult> => {
    const { id, record, failure } = letter
    try {
      const decoded = decode(record, catalogue)
      if (decoded.kind === 'undecodable') throw new Error(decoded.reason)
      if (decoded.kind === 'not-ours') {
        await store.discard(letter)
        return { id, outcome: 'not-ours' }
      }
      const { handled, suspicious } = await store.handleParked(letter, decoded.message, react)
      const doubt = suspicious.find((s) => s.message === decoded.message)
      // What had waited for this one and is doubted has no letter yet.
      const waited = suspicious.filter((s) => s !== doubt)
      if (waited.length > 0) await store.park(suspiciousLetters(waited, new Map(), catalogue))
      if (doubt !== undefined) return { id, outcome: 'suspicious', error: doubt.reason }
      log.info({ deadLetter: id, key: record.key, handled }, 'dead letter replayed')
      return { id, outcome: handled > 0 ? 'handled' : 'duplicate' }
    } catch (error) {
      const text = describe(error).slice(0, 1_000)
      const again = { ...failure, error: text, attempts: failure.attempts + 1, lastAt: now() }
      // The database may be what failed: then the letter stays as it was.
      await store.failedAgain({ ...letter, failure: again }).catch(() => {})
      log.warn({ err: error, deadLetter: id, key: record.key }, 'dead letter: failed again')
      return { id, outcome: 'failed', error: text }
    }
  }

  /** In order; behind one that fails, those of its key wait. */
  const replayAll = async (letters: readonly DeadLetter[]): Promise<readonly LetterResult[]> => {
    const results: LetterResult[] = []
    const stuck = new Set<string>()
    for (const letter of letters) {
      const { id, record } = letter
      const key = holdsKey(letter) ? (record.key ?? id) : id
      if (stuck.has(key)) {
        results.push({ id, outcome: 'waiting', error: 'an earlier one of its key failed again' })
        continue
      }
      const result = await replayOne(letter)
      if (result.outcome === 'failed') stuck.add(key)
      results.push(result)
    }
    return results
  }

  const discardOne = async (letter: DeadLetter): Promise<LetterResult> => {
    const { id } = letter
    if (listed(letter).needsAttention)
      return { id, outcome: 'refused', error: 'it undoes a step of its order, which only replaying it can complete' }
    await store.discard(letter)
    log.warn({ deadLetter: id, key: letter.record.key }, 'dead letter discarded')
    return { id, outcome: 'discarded' }
  }

  /** Waits as long again as it has failed so far: the delay doubles. */
  const isDue = ({ failure: { firstAt, lastAt } }: DeadLetter): boolean => {
    const failingMs = Date.parse(lastAt) - Date.parse(firstAt)
    return nowMs() - Date.parse(lastAt) >= Math.min(retryDelayMsMax, Math.max(retryDelayMsMin, failingMs))
  }

  return {
    list: async (query) => (await store.letters(query)).map(listed),

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
      const due = (await store.letters({ limit: lettersMax })).filter((l) => listed(l).needsAttention && isDue(l))
      const results: LetterResult[] = []
      for (const { record } of due)
        results.push(...(await replayAll(await store.letters({ key: record.key ?? '', limit: lettersMax }))))
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
