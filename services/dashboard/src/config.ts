import { join } from 'node:path'
import { participants } from '@shop/manifest'
import { brokerConfig } from '@shop/participant/config'
import { baseConfig, ConfigurationError, durationMs, flag, nonEmpty, port, readConfig } from '@shop/service-host'
import { z } from 'zod'

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)

const urlsExpected = 'expected name=http://host:port, several separated by commas'
const urls = list
  .refine((items) => items.length > 0 && items.every((item) => /^[\w-]+=https?:\/\/[^\s/]+$/.test(item)), urlsExpected)
  .transform((items) => new Map(items.map((item) => item.split('=', 2) as [string, string])))

const commandExpected = 'expected a JSON list of a program and its arguments'
const command = z.string().transform((text, context) => {
  try {
    return z.array(z.string()).min(1).parse(JSON.parse(text))
  } catch {
    context.addIssue({ code: 'custom', message: commandExpected })
    return z.NEVER
  }
})

const { HOST, LOG_LEVEL, ADMIN_TOKEN } = baseConfig

const settings = z.object({
  HOST,
  LOG_LEVEL,
  ...brokerConfig,
  ADMIN_TOKEN,
  PORT: port.default(3000),
  /** Where the dashboard keeps its store; it may be deleted at any time. */
  DATA_DIR: nonEmpty.default(join(import.meta.dirname, '../.data')),
  /** Where the services answer. */
  SERVICE_URLS: urls.default(new Map(participants.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]))),
  /** Faults, dead-letter actions and the check from the page; needs ADMIN_TOKEN. */
  DASHBOARD_ACTIONS: flag.default(false),
  /** Orders that began longer ago are forgotten. */
  DASHBOARD_RETENTION: durationMs.default(7 * 86_400_000),
  /** Orders kept, at most; one takes about 2.5 kB of disk. */
  DASHBOARD_ORDERS_MAX: z.coerce.number().int().min(100).max(10_000_000).default(200_000),
  /** Whose balances the shop view shows. */
  DASHBOARD_CUSTOMERS: list.default(['alice', 'bob', 'mallory', 'load-001']),
  /** Names besides localhost by which browsers may reach the dashboard. */
  ALLOWED_HOSTS: list.default([]),
  /** Runs the shop's check and prints its report as JSON; without it the page says how to run it by hand. */
  CHECK_COMMAND: command.optional(),
  /** run.json of npm start: through it processes can be killed and paused from the page. */
  RUN_RECORD: nonEmpty.optional(),
})

export type Config = z.output<typeof settings>

/** @throws ConfigurationError naming each setting at fault. */
export const readSettings = (env: NodeJS.ProcessEnv = process.env): Config => {
  const config = readConfig(settings, env)
  if (config.DASHBOARD_ACTIONS && config.ADMIN_TOKEN === undefined)
    throw new ConfigurationError('DASHBOARD_ACTIONS needs ADMIN_TOKEN (that of the services)')
  return config
}
