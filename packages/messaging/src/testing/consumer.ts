import { z } from 'zod'
import type { Catalogue } from '../catalogue.ts'
import type { DeadLetter } from '../dead-letter.ts'
import type { Documents } from '../documents.ts'
import { encode } from '../envelope.ts'
import { recordHandler } from '../handling.ts'
import { MemoryMessageStore } from '../memory/index.ts'
import { type Message, startedBy } from '../message.ts'
import type { Doubt } from '../suspicion.ts'
import { type Assignment, type ConsumedRecord, type OutgoingRecord, Unsendable } from '../transport.ts'

const asked = z.object({ fault: z.string().optional() })
const catalogue: Catalogue = {
  address: (type) => ({ ceType: type, source: '/test', topic: 'asks' }),
  ceTypeOf: (type) => type,
  lookup: (ceType) =>
    /^Asked|Other$/.test(ceType)
      ? { type: ceType, schema: asked, consumed: ceType === 'Asked', source: '/test', topic: 'asks' }
      : undefined,
  isOtherVersion: () => false,
  compensates: () => false,
  deadLetterTopic: (topic) => `${topic}.dead-letter`,
}

export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

let offset = 0
/** A record of the topic; its handling fails with `fault`, when there is one. */
export const ask = (key: number, fault?: string): ConsumedRecord & { readonly id: string } => {
  const message = startedBy({ key: uuid(key) }, { type: 'Asked', data: fault === undefined ? {} : { fault } })
  const { value, headers } = encode(message, catalogue)
  return { ...from(message.key), value: Buffer.from(String(value)), headers: { ...headers, mine: 'too' }, id: message.id }
}
export const from = (key: string) => ({ topic: 'asks', position: `3/${offset++}`, key, timestampMs: 0 })

const nothing = () => {}
const quiet = { debug: nothing, info: nothing, warn: nothing }

class DatabaseAway extends Error {}

/** Writes down which message came to which key; doubts those with the fault `odd`, until it is trusting. */
const reacting =
  (faults: { reaction: number; trusting: boolean }, states: Map<string, readonly string[]>) =>
  async (work: Documents<string[]>, fresh: readonly Message[], doubt: Doubt) => {
    for (const message of fresh) {
      const { key, id, data } = message
      const { fault } = data as z.infer<typeof asked>
      if (fault === 'odd' && !faults.trusting) {
        doubt(message, 'it contradicts')
        continue
      }
      if ((fault !== undefined && fault !== 'odd') || faults.reaction-- > 0) throw new TypeError(fault ?? 'for now')
      work.set(key, [...(work.get(key) ?? []), id])
    }
    for (const { key } of fresh) states.set(key, work.get(key) ?? [])
    return []
  }

/** A consumer whose reactions write down which message came to which key, in order. Faults are how many calls fail, from now on. */
export const consumer = ({
  attemptsMax = 3,
  copyBytesMax = Number.POSITIVE_INFINITY,
  refuses = (_: DeadLetter): boolean => false,
} = {}) => {
  const faults = { database: 0, broker: 0, reaction: 0, trusting: false }
  const letters: OutgoingRecord[] = []
  const transactions: string[][] = []
  const lines: { details: Record<string, unknown>; message: string }[] = []
  const seen = {
    retried: 0,
    passedOver: 0,
    duplicates: 0,
    deadLettered: [] as string[],
    storeCalls: 0,
    parkCalls: 0,
    publishCalls: 0,
    abandoned: () => false,
  }
  const memory = new MemoryMessageStore<string[]>()
  const states = new Map<string, readonly string[]>()

  const react = reacting(faults, states)
  const handler = recordHandler<Documents<string[]>>({
    consumer: 'tester',
    catalogue,
    react,
    attemptsMax,
    store: {
      handleOnce: async (batch, reaction) => {
        seen.storeCalls++
        if (faults.database-- > 0) throw new DatabaseAway('connection lost')
        return memory.handleOnce(batch, reaction)
      },
      park: async (letters) => {
        seen.parkCalls++
        if (letters.some(refuses)) throw new TypeError('invalid byte sequence')
        return memory.park(letters)
      },
      letters: (query) => memory.letters(query),
      discard: (letter) => memory.discard(letter),
      isTransient: (error) => error instanceof DatabaseAway,
    },
    publisher: {
      publish: async (records) => {
        seen.publishCalls++
        if (faults.broker-- > 0) throw new Error('no broker')
        const tooLarge = records.find(
          ({ value, headers }) => (value?.length ?? 0) + JSON.stringify(headers).length > copyBytesMax,
        )
        if (tooLarge) throw new Unsendable(tooLarge, 'too large')
        letters.push(...records)
      },
    },
    log: { ...quiet, error: (details, message) => lines.push({ details: details as Record<string, unknown>, message }) },
    observe: {
      transaction: (messages, { duplicates }) => {
        seen.duplicates += duplicates
        transactions.push(messages.map((m) => m.id))
      },
      deadLettered: (kind) => seen.deadLettered.push(kind),
      retried: () => seen.retried++,
      passedOver: () => seen.passedOver++,
    },
  })
  const assignment: Assignment = { abandoned: () => seen.abandoned(), heartbeat: async () => {} }
  const handle = (...records: ConsumedRecord[]) => handler(records, assignment)
  return { handle, faults, letters, lines, memory, transactions, seen, handledOf: (key: number) => states.get(uuid(key)) ?? [] }
}
