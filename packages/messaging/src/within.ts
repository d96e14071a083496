/** Something took longer than its bound. What it waited for may still happen. */
export class TookTooLong extends Error {
  override name = 'TookTooLong'
}

/** Settles as `promise` does. @throws TookTooLong when that takes longer than `ms` milliseconds; a later rejection is then dropped. */
export const within = async <T>(ms: number, what: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`${what} took longer than ${Math.round(ms)} ms`)), ms)
  })
  try {
    return await Promise.race([promise, expired])
  } finally {
    clearTimeout(timer)
  }
}
