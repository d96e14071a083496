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
/**
 * Serialisation failure, deadlock, lock not available, idle-in-transaction timeout, read-only server (a fail-over); then what maintenance
 * brings: a database that takes no connections for a while, credentials that are being rotated, a database that is being put back.
 */
const transientStates = new Set(['40001', '40P01', '55P03', '25P03', '25006', '55000', '28P01', '28000', '3D000'])
/** A prepared statement that the server does not have: after DISCARD ALL, or behind a pooler. */
const unknownStatement = '26000'
/** PostgreSQL has no code of its own for a prepared statement whose columns have changed since: it is one use of 0A000. */
const stalePlan = /cached plan must not change result type/
/** pg reports these without a code. */
const transientTexts =
  /connection terminated|timeout exceeded when trying to connect|client was closed|connection error and is not queryable|timeout expired|Query read timeout/i

/** True when the session holds something that is out of date: another session would not. Nothing was written by then. */
export const isStaleSession = (error: unknown): boolean =>
  error instanceof Error && ((error as { code?: unknown }).code === unknownStatement || stalePlan.test(error.message))

/** True for errors of pg that pass when the database is back or less contended, or in another session. */
export const isTransientPostgresError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  // The server ended the session, or let none begin: the statement is not to blame.
  if (severity === 'FATAL' || severity === 'PANIC' || isStaleSession(error)) return true
  if (typeof code === 'string') {
    if (networkCodes.has(code) || transientStates.has(code)) return true
    if (code.length === 5 && transientClasses.includes(code.slice(0, 2))) return true
  }
  return transientTexts.test(error.message)
}
