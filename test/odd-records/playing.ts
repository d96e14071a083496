/** Round after round on a fresh shop. */
import { startOwnShop } from './own-shop.ts'
import { type RoundResult, Rounds } from './rounds.ts'

/**
 * @param options `round`: records between two checks; `onRound` is told of each round, of which the first one with a flaw is the last
 * @returns the records of the round that failed. @throws what starting a shop does, or the signal's reason
 */
export const playAll = async (options: {
  readonly seed: number
  readonly heldMs?: number | undefined
  readonly round: number
  readonly numbers: readonly number[]
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  readonly onWave?: (records: number) => void
  readonly onRound?: (result: RoundResult) => void
}): Promise<{ readonly failed: readonly number[] | undefined; readonly rounds: Rounds }> => {
  const { seed, heldMs, round, numbers, log, signal, onRound = () => {}, onWave } = options
  const env = { ...process.env, LOG_LEVEL: 'warn' }
  const own = await startOwnShop({ dashboard: true, say: log, env, ...(signal && { signal }) })
  try {
    const rounds = await Rounds.begin(own, { seed, heldMs })
    try {
      for (let i = 0; i < numbers.length; i += round) {
        signal?.throwIfAborted()
        const result = await rounds.play(numbers.slice(i, i + round), onWave)
        onRound(result)
        if (result.flaws.length > 0) return { failed: numbers.slice(i, i + round), rounds }
      }
      return { failed: undefined, rounds }
    } finally {
      await rounds.close()
    }
  } finally {
    await own.stop()
  }
}
