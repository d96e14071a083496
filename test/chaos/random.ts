/** Repeatable chance: the same seed gives the same numbers. */
export interface Random {
  /** from 0, below 1 */
  next(): number
  /** a whole number from min to max */
  between(min: number, max: number): number
  pick<T>(items: readonly T[]): T
  shuffled<T>(items: readonly T[]): T[]
}

/** mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export const randomOf = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  const pick = <T>(items: readonly T[]): T => items[between(0, items.length - 1)] as T
  const shuffled = <T>(items: readonly T[]): T[] => {
    const left = [...items]
    return items.map(() => left.splice(between(0, left.length - 1), 1)[0] as T)
  }
  return { next, between, pick, shuffled }
}
