import { z } from 'zod'

/** The way of the bytes: `downstream` from the server to the service, `upstream` from the service to the server. */
export const streams = ['downstream', 'upstream', 'both'] as const
export type Stream = (typeof streams)[number]

const stream = z.enum(streams).default('downstream')
const ms = z.int().min(0).max(600_000)

/** What can be wrong with a link. Names and meanings as Toxiproxy has them; `half_close` is our own. */
export const toxic = z.discriminatedUnion('kind', [
  /** Every byte comes `ms` later, give or take up to `jitterMs`. */
  z.strictObject({ kind: z.literal('latency'), stream, ms, jitterMs: ms.default(0) }),
  /** Connections are cut, new ones refused. */
  z.strictObject({ kind: z.literal('down') }),
  /** Each connection is reset (RST) after `ms`. */
  z.strictObject({ kind: z.literal('reset_peer'), ms: ms.default(0) }),
  /** Nothing gets through; each connection is closed after `ms`, 0: when the toxic ends. */
  z.strictObject({ kind: z.literal('timeout'), stream, ms: ms.default(0) }),
  /** The end of a connection is told `ms` later. */
  z.strictObject({ kind: z.literal('slow_close'), stream, ms }),
  z.strictObject({ kind: z.literal('bandwidth'), stream, bytesPerSecond: z.int().min(1).max(1_000_000_000) }),
  /** Each connection is closed after so many bytes. */
  z.strictObject({ kind: z.literal('limit_data'), stream, bytes: z.int().min(0).max(1_000_000_000) }),
  /** The stream ends (FIN), the other one goes on. */
  z.strictObject({ kind: z.literal('half_close'), stream: z.enum(['downstream', 'upstream']).default('downstream') }),
])

export type Toxic = z.output<typeof toxic>

/** True when the toxic is about this way of the bytes. */
export const concerns = (t: Toxic, way: 'downstream' | 'upstream'): boolean =>
  !('stream' in t) || t.stream === 'both' || t.stream === way

/** A toxic that is on. */
export interface ActiveToxic {
  readonly id: string
  readonly toxic: Toxic
  /** ISO 8601. */
  readonly endsAt: string
}
