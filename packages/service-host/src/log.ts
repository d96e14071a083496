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
  /** Names of further fields that have no place in a log, such as where somebody lives. Default none. */
  withhold?: readonly string[]
}

/** What opens a door has no place in a log. */
const secret = ['authorization', 'cookie', 'password', 'secret', 'token']
/** Node keeps the text of a URL that it cannot read, password and all, in the error's `input`. */
const pathsOf = (names: readonly string[]): string[] => [
  'err.input',
  'error.input',
  ...names.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
]

/**
 * JSON lines on standard output with ISO 8601 time and the level by name. Errors under `err` or `error` keep their stack and causes;
 * credentials and what is to be withheld, up to two objects deep, come out as `[redacted]`.
 */
export const createLog = ({ service, level = 'info', destination, withhold = [] }: LogOptions): Log => {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    redact: { paths: pathsOf([...secret, ...withhold]), censor: '[redacted]' },
    // Drivers quote connection strings in their messages, which pino also copies to `msg`.
    hooks: { streamWrite: withoutCredentials },
  }
  // Left to itself pino writes asynchronously: an exit then swaps or loses the last lines, just those that say why.
  return pino(options, destination ?? pino.destination({ fd: 1, sync: true }))
}
