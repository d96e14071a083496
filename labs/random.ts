/** Repeatable chance: the same seed gives the same numbers. */
export interface Random {
  /** A whole number from min to max. */
  between(min: number, max: number): number
  pick<T>(items: readonly T[]): T
  /** An id in the form of a UUID. */
  uuid(): string
}

/** mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export const randomOf = (seed: number): Random => {
  let state = seed >>> 0
  const word = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  const between = (min: number, max: number) => min + Math.floor((word() / 2 ** 32) * (max - min + 1))
  const uuid = () => {
    const hex = [word(), word(), word(), word()].map((each) => each.toString(16).padStart(8, '0')).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
  }
  return { between, pick: <T>(items: readonly T[]): T => items[between(0, items.length - 1)] as T, uuid }
}
