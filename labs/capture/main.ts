/** `npm run lab -- cdc`: the outbox's relay and change data capture, measured side by side. */
import { writeFileSync } from 'node:fs'
import { command, flag, type Given, oneOf, option, optionOr, path, wholeNumber } from '@shop/command-line'
import { endOnRequest } from '../ending.ts'
import { experiment } from '../experiment.ts'
import { deviationsOf, tableOf, wayNames } from './row.ts'
import { measure } from './run.ts'

const captureCommand = command({
  name: 'lab cdc',
  usage: 'npm run lab -- cdc [options]',
  about: `Tells events in transactions of PostgreSQL and has them taken to Kafka by the service's own relay, and by Kafka Connect with Debezium, at least
once and exactly once: how late they come, what each costs, what comes twice after a kill (SIGKILL), what waits while nobody takes them. Fails
when an event is lost or out of order, or comes twice where it may not.`,
  options: {
    events: optionOr('N', 'of the burst, the kill and the time away, each; default 10000', wholeNumber(200, 1_000_000), 10_000),
    rate: optionOr('N', 'events a second at the steady pace; default 100', wholeNumber(1, 2_000), 100),
    seconds: optionOr('S', 'of the steady pace; default 20', wholeNumber(1, 600), 20),
    'poll-ms': optionOr('MS', 'how long Debezium gathers; default 10', wholeNumber(1, 1_000), 10),
    way: option('WAY', `this one alone: ${wayNames.join(', ')}`, oneOf(wayNames)),
    table: option('FILE', 'writes the table as Markdown', path),
    json: flag('prints the figures for machines'),
  },
  examples: [['npm run lab -- cdc --events 20000', 'all three ways']],
  exitCodes: '0 every sign is as it must be, 1 one is not, 2 the request makes no sense',
})

const say = (line: string) => console.error(`lab: ${new Date().toISOString().slice(11, 19)} ${line}`)

const run = async ({ options }: Given<typeof captureCommand.options>): Promise<number> => {
  const { events, rate: perSecond, seconds, 'poll-ms': pollIntervalMs, way, table, json } = options
  const ways = way === undefined ? wayNames : [way]
  const rows = await measure({ ways, events, perSecond, seconds, pollIntervalMs }, { say, signal: endOnRequest(say) })
  if (table !== undefined) writeFileSync(table, `${tableOf(rows)}\n`)
  console.log(json ? JSON.stringify(rows, null, 2) : tableOf(rows))
  return rows.some((row) => deviationsOf(row).length > 0) ? 1 : 0
}

export const cdc = experiment(captureCommand, run)
