/** Consumers that make something else of a record than what it is. */
import { type ConsumedRecord, type DeadLetter, decode } from '@shop/messaging'
import type { Bug } from './bug.ts'

type Change = (records: readonly ConsumedRecord[]) => readonly ConsumedRecord[]

/** Handles other records than it was given. */
const given = (name: string, does: string, change: Change): Bug => ({
  name,
  does,
  plant: (real) => ({
    recordHandler: (options) => {
      const handle = real.recordHandler(options)
      return (records, assignment) => handle(change(records), assignment)
    },
  }),
})

const each =
  (change: (record: ConsumedRecord) => ConsumedRecord): Change =>
  (records) =>
    records.map(change)

export const bugsInReading: readonly Bug[] = [
  {
    name: 'unreadable-passed-over',
    does: 'passes over what it cannot read',
    plant: (real) => ({
      recordHandler: (options) => {
        const handle = real.recordHandler(options)
        const isReadable = (record: ConsumedRecord) => decode(record, options.catalogue).kind !== 'undecodable'
        return (records, assignment) => handle(records.filter(isReadable), assignment)
      },
    }),
  },
  given(
    'must-understand-ignored',
    'passes over events of a type that it does not know, also when they say that they must be understood',
    each((record) => {
      const { ce_mustunderstand: _, ...headers } = record.headers
      return { ...record, headers }
    }),
  ),
  given(
    'any-version',
    'takes any version of an event for its own',
    each((record) => ({
      ...record,
      headers: {
        ...record.headers,
        ...(record.headers.ce_type && { ce_type: record.headers.ce_type.replace(/\.v\d+$/, '.v1') }),
      },
    })),
  ),
  given(
    'bytes-as-text',
    'keeps the text that bytes look like instead of the bytes',
    each(({ raw: _, ...record }) => record),
  ),
  {
    name: 'letter-by-place',
    does: 'calls a dead letter by its place alone, which another record may have had before the log was begun anew',
    plant: (real) => ({
      recordHandler: (options) => {
        const { store } = options
        const placeOf = ({ record }: DeadLetter) => `${record.topic}/${record.position}`
        const park: typeof store.park = async (letters) => {
          const ids = new Map(letters.map((l) => [placeOf(l), l.id]))
          const stored = await store.park(letters.map((l) => ({ ...l, id: placeOf(l) })))
          return stored.map((l) => ({ ...l, id: ids.get(l.id) ?? l.id }))
        }
        return real.recordHandler({ ...options, store: { ...store, park } })
      },
    }),
  },
]
