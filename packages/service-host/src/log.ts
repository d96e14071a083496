import { type Logger, pino } from 'pino'
import { withoutCredentials } from './config.ts'

export type Log = Logger

export interface LogOptions {
  /** Name of the service; every line carries it as `service`. */
  service: string
  /** Least severe level that is written. Default `info`. */
  level?: string
  /** Where lines go. Default standard output, written synchronously so that the last line before an exit is not lost. */
  destination?: { write(line: string): void }
}

/** Who somebody is or where they live has no place in a log, nor has what opens a door. */
const PRIVATE = ['shippingAddress', 'address', 'authorization', 'cookie', 'password', 'secret', 'token']
/** Node keeps the text of a URL that it cannot read, password and all, in the error's `input`. */
const PRIVATE_PATHS = ['err.input', 'error.input', ...PRIVATE.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])]

/**
 * JSON lines on standard output with ISO 8601 time and the level by name. Errors under `err` or `error` keep their stack and causes;
 * addresses and credentials, up to two objects deep, come out as `[redacted]`.
 */
export function createLog({ service, level = 'info', destination }: LogOptions): Log {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    redact: { paths: PRIVATE_PATHS, censor: '[redacted]' },
    // Drivers quote connection strings in their messages, which pino also copies to `msg`.
    hooks: { streamWrite: withoutCredentials },
  }
  // Left to itself pino writes asynchronously: an exit then swaps or loses the last lines, just those that say why.
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }))
}

/** What ties a line to one order's saga. */
export interface SagaContext {
  orderId: string
  /** Id of the saga's first event, the same in every service. */
  correlationId?: string | undefined
}

/** A logger whose every line carries the order and its saga. */
export function sagaLog(log: Log, { orderId, correlationId }: SagaContext): Log {
  return log.child(correlationId === undefined ? { orderId } : { orderId, correlationId })
}
