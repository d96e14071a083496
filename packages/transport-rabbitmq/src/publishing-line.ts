import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log, OutgoingRecord } from '@shop/messaging/driver'
import type { ConfirmChannel } from 'amqplib'
import { readCatalogue } from './catalogue.ts'
import { type Connection, locked, onChannel, replyCodeOf } from './connection.ts'
import { publisherLock } from './names.ts'
import { numbering, publishersMax } from './position.ts'
import { encodeRecord } from './records.ts'
import { NoSuchTopic } from './topology.ts'

/** A connection that publishes. */
export interface Line {
  isOpen(): boolean
  /** Resolves when all of it is on its way. `all`: the broker has confirmed each; rejects when one was refused, or the line broke. */
  write(records: readonly OutgoingRecord[]): Promise<{ readonly all: Promise<unknown> }>
  close(): Promise<void>
}

const openLine = async (open: () => Promise<Connection>): Promise<Line> => {
  const connection = await open()
  try {
    return lineOn(connection, await connection.confirmChannel(), await leasedNumbers(connection))
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** Numbers that no other publisher of this broker gives: each has a queue that is its own as long as it is connected. */
const leasedNumbers = async (connection: Connection): Promise<() => number> => {
  const first = Math.floor(Math.random() * publishersMax)
  for (let i = 0; i < publishersMax; i++) {
    const publisher = (first + i) % publishersMax
    try {
      await onChannel(connection, (channel) => channel.assertQueue(publisherLock(publisher), { exclusive: true, durable: false }))
      return numbering(publisher)
    } catch (error) {
      if (replyCodeOf(error) !== locked) throw error
    }
  }
  throw new Error(`there are ${publishersMax} publishers already`)
}

const lineOn = (connection: Connection, channel: ConfirmChannel, nextId: () => number): Line => {
  let isOpen = true
  const unroutable = new Set<string>()
  const over = Promise.withResolvers<void>()
  const end = () => {
    isOpen = false
    over.resolve()
  }
  channel.on('return', ({ properties }) => unroutable.add(String(properties.messageId)))
  channel.on('close', end)
  void connection.ended.then(end)

  // A topic keeps the number that it has.
  let sequences = new Map<string, number>()
  const learn = async (records: readonly OutgoingRecord[]): Promise<void> => {
    if (records.every(({ topic }) => sequences.has(topic))) return
    const { topics } = await readCatalogue(connection)
    sequences = new Map([...topics].map(([topic, entry]) => [topic, entry.sequences]))
    const missing = records.find(({ topic }) => !sequences.has(topic))
    if (missing !== undefined) throw new NoSuchTopic(`there is no topic ${missing.topic}`)
  }

  const publishOne = (record: OutgoingRecord, settled: (error?: unknown) => void): boolean => {
    const { routingKey, content, options } = encodeRecord(record, nextId(), sequences.get(record.topic) ?? 1)
    return channel.publish(record.topic, routingKey, content, options, (error) => {
      if (error === null && unroutable.size > 0 && unroutable.delete(String(options.messageId)))
        settled(new Error(`the topic ${record.topic} is not there yet`))
      else settled(error ?? undefined)
    })
  }

  return {
    isOpen: () => isOpen && connection.isOpen(),
    write: async (records) => {
      await learn(records)
      const { promise: all, resolve, reject } = Promise.withResolvers<void>()
      all.catch(() => {}) // whoever has written awaits it later
      let left = records.length
      if (left === 0) resolve()
      for (const record of records) {
        const isRoom = publishOne(record, (error) => (error === undefined ? --left === 0 && resolve() : reject(error)))
        if (!isRoom) await Promise.race([once(channel, 'drain'), over.promise])
      }
      return { all }
    },
    close: () => connection.close(),
  }
}

const retryDelayMsMin = 100
const retryDelayMsMax = 2_000

/** Keeps a line open, and opens another one when it broke. */
export const keepLine = (open: () => Promise<Connection>, log: Log) => {
  let line: Line | undefined
  let opening: Promise<Line> | undefined
  let closed = false

  const insist = async (): Promise<Line> => {
    for (let delayMs = retryDelayMsMin; ; delayMs = Math.min(2 * delayMs, retryDelayMsMax)) {
      if (closed) throw new Error('the publisher is closed')
      try {
        return await openLine(open)
      } catch (error) {
        log.warn({ err: error, delayMs }, 'rabbitmq: no connection to publish, trying again')
        await pause(delayMs)
      }
    }
  }

  const ensure = (): Promise<Line> => {
    if (line?.isOpen()) return Promise.resolve(line)
    void line?.close()
    line = undefined
    opening ??= insist().then(
      async (opened) => {
        opening = undefined
        if (closed) await opened.close()
        else line = opened
        return opened
      },
      (error) => {
        opening = undefined
        throw error
      },
    )
    return opening
  }

  // A connection that broke while idle is replaced without waiting for somebody who wants it.
  const watch = setInterval(() => void ensure().catch(() => {}), 500).unref()
  void ensure().catch(() => {})
  return {
    line: ensure,
    ready: () => line?.isOpen() ?? false,
    discard: (which: Line, error: unknown) => {
      log.warn({ err: error }, 'rabbitmq: the connection is given up, publishing goes on on another one')
      if (line === which) line = undefined
      void which.close()
    },
    close: async () => {
      closed = true
      clearInterval(watch)
      await line?.close()
    },
  }
}
