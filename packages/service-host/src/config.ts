import { z } from 'zod'

/**
 * The environment does not let this service start. Its message is one line that names every setting at fault, so it can be
 * printed as it is; a stack trace would add nothing.
 */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

const portExpected = 'expected a port number, 0 to 65535'
/** A TCP port as a number; 0 lets the system choose a free one. */
export const port = z
  .string(portExpected)
  .regex(/^\d{1,5}$/, portExpected)
  .transform(Number)
  .refine((value) => value <= 65_535, portExpected)

const durationExpected = 'expected a duration such as 250ms, 30s, 5m or 1h (a plain number is milliseconds), at most 24 days'
const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
/** A longer delay makes setTimeout fire at once. */
const durationMsMax = 2 ** 31 - 1
/** A duration in milliseconds, written `250`, `250ms`, `30s`, `5m` or `1h`. */
export const durationMs = z
  .string(durationExpected)
  .regex(/^\d{1,10}(ms|s|m|h)?$/, durationExpected)
  .transform((text) => Number.parseInt(text, 10) * (unitMs[text.replace(/^\d+/, '')] ?? 1))
  .refine((value) => value <= durationMsMax, durationExpected)

const urlExpected = 'expected a URL such as postgresql://host:5432/name'
/** A URL with `scheme://` and a host. Not parsed further: MongoDB's `mongodb://a:1,b:2/name` is no URL to `new URL`. */
export const url = z.string(urlExpected).regex(/^[a-z][a-z0-9+.-]*:\/\/[^\s/]\S*$/i, urlExpected)

/** A text with something in it. */
export const nonEmpty = z.string('expected a text').regex(/\S/, 'expected a text')

const flagExpected = 'expected true or false'
/** `true`/`false`, `1`/`0`, `yes`/`no` or `on`/`off` as a boolean. */
export const flag = z
  .string(flagExpected)
  .regex(/^(true|false|1|0|yes|no|on|off)$/i, flagExpected)
  .transform((text) => /^(true|1|yes|on)$/i.test(text))

const addressesExpected = 'expected host:port, several separated by commas'
/** Addresses `host:port` as a list, written with commas between them. */
export const addresses = z
  .string(addressesExpected)
  .transform((text) => text.split(',').map((address) => address.trim()))
  .refine((list) => list.every((address) => /^[^\s:/]+:\d{1,5}$|^\[[\da-f:.]+\]:\d{1,5}$/i.test(address)), addressesExpected)

/**
 * What every process reads; spread it into its own schema, where a key of the same name replaces one of these:
 * `z.object({ ...baseConfig, PORT: port.default(3001), ORDER_DEADLINE: durationMs.default(300_000) })`.
 */
export const baseConfig = {
  PORT: port,
  HOST: nonEmpty.default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Opens the admin routes to who sends it; without it there are none. */
  ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{8,200}$/, 'expected 8 to 200 visible ASCII characters')
    .optional(),
}

/**
 * Reads the settings that `schema` names from the environment; other variables are ignored, blank ones count as missing.
 * Values are strings: turning them into numbers and the like is the schema's job (see the pieces above).
 *
 * @throws ConfigurationError naming each wrong or missing setting and what is expected, on one line.
 */
export const readConfig = <S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv = process.env): z.output<S> => {
  const given: Record<string, string> = {}
  for (const name of Object.keys(schema.shape)) {
    const value = env[name]
    if (value !== undefined && value.trim() !== '') given[name] = value
  }
  const result = schema.safeParse(given)
  if (result.success) return result.data

  const faults = new Map<string, string>()
  for (const issue of result.error.issues) {
    const name = String(issue.path[0] ?? '')
    if (!faults.has(name)) faults.set(name, describe(name, given[name], issue.message))
  }
  throw new ConfigurationError([...faults.values()].join('; '))
}

const describe = (name: string, value: string | undefined, message: string): string => {
  const expected = message.replace(/^Invalid (input|option|string): /, '').replace(/\s+/g, ' ')
  if (name === '') return expected
  if (value === undefined) return `${name} is missing (${expected.replace(/, received undefined$/, '')})`
  const shown = maySecret(name, value) ? 'wrong' : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  return `${name} is ${shown} (${expected})`
}

/** Better a value too many withheld than one password in a log. */
const maySecret = (name: string, value: string): boolean => {
  return /PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|URL|URI|DSN/i.test(name) || value.includes('@') || value.includes('://')
}

/** Replaces the credentials inside any URL of a text or of a line of JSON: drivers quote connection strings in their messages. */
export const withoutCredentials = (text: string): string => {
  return text.replace(/(\w:\/\/)[^\s/"]*@/g, '$1***@')
}
