/**
 * The outcome of `ask`, or a rejection `no answer within … s` when it takes longer than `timeoutMs`. What was asked goes on unheard:
 * a promise cannot be cancelled.
 */
export const within = async <T>(timeoutMs: number, ask: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs)
  })
  try {
    return await Promise.race([ask(), late])
  } finally {
    clearTimeout(timer)
  }
}
