import { withoutCredentials } from './config.ts'

/**
 * What went wrong in one line, without credentials. Node reports a refused connection to a name with several addresses as an
 * AggregateError with an empty message; then the first inner one speaks.
 */
export const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && !error.message && error.errors.length > 0) return messageOf(error.errors[0])
  const text = error instanceof Error ? error.message || error.name : String(error)
  return withoutCredentials(text).replace(/\s+/g, ' ')
}
