const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])
/** SQLSTATE classes: connection, resources, operator intervention, system error. https://www.postgresql.org/docs/17/errcodes-appendix.html */
const transientClasses = ['08', '53', '57', '58']
/** Serialisation failure, deadlock, lock not available, idle-in-transaction timeout, read-only server (a fail-over). */
const transientStates = new Set(['40001', '40P01', '55P03', '25P03', '25006'])
/** pg reports these without a code. */
const transientTexts =
  /connection terminated|timeout exceeded when trying to connect|client was closed|connection error and is not queryable|timeout expired|Query read timeout/i

/** True for errors of pg that pass when the database is back or less contended. */
export const isTransientPostgresError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string') {
    if (networkCodes.has(code) || transientStates.has(code)) return true
    if (code.length === 5 && transientClasses.includes(code.slice(0, 2))) return true
  }
  return transientTexts.test(error.message)
}
