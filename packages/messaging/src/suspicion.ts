/**
 * Messages that contradict what their consumer knows. Nothing of them is carried out, and they count neither as handled nor as arrived:
 * they are set aside, for somebody to look at.
 */
import { handledAs } from './batch.ts'
import type { Message } from './message.ts'
import type { Arranged, Doubted } from './waiting.ts'

export interface Suspicious {
  readonly message: Message
  /** One line. */
  readonly reason: string
}

/**
 * How a reaction says that a message contradicts what the service knows. What it remembers of that, and tells because of it, is kept; it has
 * to come to the same when the message comes again.
 */
export type Doubt = (message: Message, reason: string) => void

export interface CarriedOut {
  readonly emit: readonly Message[]
  readonly suspicious: readonly Suspicious[]
  /** Set when others were let go on by a message that turned out to be suspicious: decide anew, with these doubted from the start. */
  readonly again: Doubted | undefined
}

/** Hands over what is due. @param doubted those that the batch was arranged without. */
export const carryOut = async (
  { due, bringing }: Arranged,
  doubted: Doubted,
  react: (due: readonly Message[], doubt: Doubt) => Promise<readonly Message[]>,
): Promise<CarriedOut> => {
  if (due.length === 0) return { emit: [], suspicious: [], again: undefined }
  const suspicious = new Map<string, Suspicious>()
  const emit = await react(due, (message, reason) => {
    suspicious.set(handledAs(message), { message, reason })
  })
  if (suspicious.size === 0 && doubted.size === 0) return { emit, suspicious: [], again: undefined }
  const rightly = [...doubted].filter((as) => suspicious.has(as))
  const newly = bringing.map(handledAs).filter((as) => suspicious.has(as))
  const isSettled = newly.length === 0 && rightly.length === doubted.size
  return { emit, suspicious: [...suspicious.values()], again: isSettled ? undefined : new Set([...rightly, ...newly]) }
}

/** Those that are not suspicious. */
export const trusted = (messages: readonly Message[], suspicious: readonly Suspicious[]): readonly Message[] => {
  if (suspicious.length === 0) return messages
  const doubted = new Set(suspicious.map((s) => handledAs(s.message)))
  return messages.filter((m) => !doubted.has(handledAs(m)))
}
