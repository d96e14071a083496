type Write = (details: object, message: string) => void

/** The part of pino that the kit writes to. */
export interface Log {
  debug: Write
  info: Write
  warn: Write
  error: Write
}
