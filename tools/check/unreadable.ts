import { Refused } from '@shop/command-line'

/** Something cannot be read, so nothing can be said: one line that names it and says what to do. */
export class Unreadable extends Refused {
  override readonly name = 'Unreadable'
  /** 1 is for what is violated. */
  override readonly exitCode = 2
}

/** Runs `read`. @throws Unreadable for any of its errors, named by `what`, with `remedy`. */
export const orUnreadable = async <T>(what: string, remedy: string, read: () => Promise<T>): Promise<T> => {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Unreadable) throw error
    throw new Unreadable(`${what} cannot be read: ${reasonOf(error)} – ${remedy}`, { cause: error })
  }
}

/** One line; Node hides the reasons of failed connections to several addresses in an aggregate. */
const reasonOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const text = error instanceof Error ? error.message || error.name : String(error)
  return text.split('\n')[0] ?? text
}
