import { setTimeout as pause } from 'node:timers/promises'
import { numbersOf, positionOf } from '@shop/broker'
import type { Asides, Place, Transport } from '@shop/messaging'
import { Problem, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import type { ParkResult } from './letter-view.ts'

export interface ParkOptions {
  /** The service; its consumer group has the same name. */
  readonly name: string
  readonly topics: readonly string[]
  readonly transport: Pick<Transport, 'admin'>
  readonly asides: Pick<Asides, 'ask'>
  /** How long an answer waits for the record to be set aside; default 12,000 ms, which is more than two pauses between attempts. */
  readonly waitMsMax?: number
}

const parkRequest = z.strictObject({
  topic: z.string().max(249),
  partition: z.int().min(0).max(100_000),
  offset: z.string().regex(/^(0|[1-9]\d{0,15})$/, 'expected an offset'),
  dryRun: z.boolean().default(false),
})
type Asked = z.output<typeof parkRequest>

const memoryNote =
  'this process sets it aside when it meets it. Only its memory knows: after a restart, or when another process of the service has the partition, ask again'

/** Has the running consumer set one record aside that it would handle, or fails to. */
export const parkRoute = (options: ParkOptions): Router => {
  const router = Router()
  router.post('/admin/dead-letters/park', async (req, res) => {
    res.json(await park(options, parse(parkRequest, req.body, 'body')))
  })
  return router
}

const park = async (options: ParkOptions, asked: Asked): Promise<ParkResult> => {
  const { name, topics, asides, waitMsMax = 12_000 } = options
  const { topic, partition, offset, dryRun } = asked
  if (!topics.includes(topic)) return { outcome: 'not-ours', detail: `${name} does not read ${topic.slice(0, 100)}` }
  const elsewhere = await whereElse(options, asked)
  if (elsewhere !== undefined) return elsewhere
  if (dryRun) return { outcome: 'would-park', detail: `${name} has not come past it` }
  const { inHand, outcome } = wish(asides, { topic, position: positionOf(partition, offset) })
  const became = await Promise.race([outcome, pause(waitMsMax, undefined, { ref: false })])
  if (became === 'aside') return { outcome: 'parked', detail: `${name} has set it aside; see list` }
  if (became === 'passed')
    return { outcome: 'past', detail: `${name} met it and had nothing to do: its effect was there, or it is not for it` }
  return { outcome: 'waiting', detail: inHand ? `${name} has it at hand and is in the middle of it; ${memoryNote}` : memoryNote }
}

const wish = (asides: ParkOptions['asides'], place: Place) => {
  try {
    return asides.ask(place)
  } catch (error) {
    throw error instanceof RangeError ? new Problem(409, error.message) : error
  }
}

/** Why there is nothing to set aside; undefined when the consumer has the record before it. */
const whereElse = async (
  { name, transport }: ParkOptions,
  { topic, partition, offset }: Asked,
): Promise<ParkResult | undefined> => {
  const admin = transport.admin()
  try {
    const stretches = await admin.stretches([topic])
    const stretch = stretches.find(({ begin }) => numbersOf(begin).partition === partition)
    const at = Number(offset)
    if (stretch === undefined || at >= Number(numbersOf(stretch.end).offset))
      return { outcome: 'not-there', detail: `there is no record ${topic}/${partition}@${offset} (yet)` }
    if (at < Number(numbersOf(stretch.begin).offset))
      return { outcome: 'not-there', detail: `the broker no longer has ${topic}/${partition}@${offset}` }
    const places = await admin.groupPlaces(name, [topic], stretches)
    const place = places.map(({ position }) => numbersOf(position)).find((p) => p.partition === partition)
    if (place !== undefined && at < Number(place.offset))
      return { outcome: 'past', detail: `${name} is past it already: it is at ${place.offset}` }
    return undefined
  } finally {
    await admin.close()
  }
}
