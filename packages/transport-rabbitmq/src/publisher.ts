import { type Log, type OutgoingRecord, Overloaded, type Publisher, Unsendable, within } from '@shop/messaging/driver'
import type { Connection } from './connection.ts'
import { keepLine } from './publishing-line.ts'

export interface PublisherSettings {
  /** Bound of waiting for the broker's confirms, and for a connection once it is lost; default 10,000 ms. */
  readonly publishMsMax?: number
  /** Most records that wait for their confirm; default 20,000. */
  readonly recordsUnderWayMax?: number
  /** Of key, value and headers of one record; default 1,048,576. */
  readonly recordBytesMax?: number
}

export interface PublisherOptions extends PublisherSettings {
  readonly open: () => Promise<Connection>
  readonly log: Log
}

/**
 * Publishes with confirms: the broker confirms a record when the stream of its topic and a quorum of each group's queue have it. Calls
 * follow each other without waiting; what was written on a connection that breaks may be there twice, or not, and is refused to the caller.
 *
 * Connects by itself, also after a broker was away. Rejects with `Overloaded` when too much waits, with `Unsendable` for a record that is
 * too large before anything is sent; otherwise as `Publisher` says.
 */
export const rabbitPublisher = (options: PublisherOptions): Publisher => {
  const { open, log, publishMsMax = 10_000, recordsUnderWayMax = 20_000, recordBytesMax = 1024 ** 2 } = options
  const keeping = keepLine(open, log)
  const underWay = new Set<Promise<unknown>>()
  let recordsUnderWay = 0
  let writing: Promise<unknown> = Promise.resolve()
  let closed = false

  const send = async (records: readonly OutgoingRecord[]): Promise<void> => {
    const line = await within(publishMsMax, 'connecting to the broker', keeping.line())
    // In the order of the calls, each whole: none is written while another one waits for room.
    const written = writing.then(() => line.write(records))
    writing = written.catch(() => {})
    try {
      await within(
        publishMsMax,
        'publisher confirms',
        written.then((confirmed) => confirmed.all),
      )
    } catch (error) {
      if ((error as Error).name === 'TookTooLong') keeping.discard(line, error)
      throw error
    }
  }

  return {
    publish: async (records) => {
      if (closed) throw new Error('the publisher is closed')
      const tooLarge = records.find((record) => sizeBytes(record) > recordBytesMax)
      if (tooLarge) throw tooLargeError(tooLarge, recordBytesMax)
      if (recordsUnderWay + records.length > recordsUnderWayMax && recordsUnderWay > 0)
        throw new Overloaded(`more than ${recordsUnderWayMax} records wait for the broker`)
      recordsUnderWay += records.length
      const publishing = send(records)
      underWay.add(publishing)
      try {
        await publishing
      } finally {
        underWay.delete(publishing)
        recordsUnderWay -= records.length
      }
    },
    ready: keeping.ready,
    close: async () => {
      closed = true
      await within(publishMsMax, 'publishing what is under way', Promise.allSettled(underWay)).catch((error) =>
        log.warn({ err: error, calls: underWay.size }, 'rabbitmq: closing the publisher with calls under way'),
      )
      await keeping.close()
    },
  }
}

const tooLargeError = (record: OutgoingRecord, bytesMax: number) =>
  new Unsendable(record, `a record of ${record.topic} has ${sizeBytes(record)} bytes, more than ${bytesMax}`)

const sizeBytes = ({ key, value, headers, raw }: OutgoingRecord): number => {
  let bytes = (raw?.key ?? Buffer.from(key ?? '')).length + (value === null ? 0 : Buffer.byteLength(value))
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '')
  for (const [name, content] of raw?.headers ?? []) bytes += Buffer.byteLength(name) + (content?.length ?? 0)
  return bytes
}
