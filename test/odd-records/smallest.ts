/**
 * The smallest part of a list that still fails: halves first, then ever smaller pieces are left out (delta debugging,
 * https://www.st.cs.uni-saarland.de/papers/tse2002/).
 * @param fails whether these alone fail
 * @param triesMax how often it is asked
 */
export const smallest = async <T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
  triesMax: number,
): Promise<readonly T[]> => {
  let left = items
  let tries = 0
  const failing = async (part: readonly T[]): Promise<boolean> => ++tries <= triesMax && (await fails(part))
  for (let pieces = 2; left.length > 1 && tries < triesMax; ) {
    const size = Math.ceil(left.length / pieces)
    const cuts = Array.from({ length: Math.ceil(left.length / size) }, (_, i) => i * size)
    const found = await firstOf(cuts, left, size, pieces, failing)
    if (found !== undefined) {
      pieces = found.length === size ? 2 : Math.max(2, pieces - 1)
      left = found
    } else if (size === 1) break
    else pieces = Math.min(left.length, pieces * 2)
  }
  return left
}

/** A piece alone that fails; else all without a piece. */
const firstOf = async <T>(
  cuts: readonly number[],
  items: readonly T[],
  size: number,
  pieces: number,
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> => {
  for (const at of cuts) {
    const piece = items.slice(at, at + size)
    if (piece.length < items.length && (await fails(piece))) return piece
  }
  if (pieces === 2) return undefined // the others of two are what was tried already
  for (const at of cuts) {
    const others = [...items.slice(0, at), ...items.slice(at + size)]
    if (others.length > 0 && (await fails(others))) return others
  }
  return undefined
}
