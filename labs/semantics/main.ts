/** `npm run lab -- semantics`: loses and doubles messages on a real broker, and counts them. */
import { command, flag, type Given, oneOf, option, optionOr, wholeNumber } from '@shop/command-line'
import { endOnRequest } from '../ending.ts'
import { experiment } from '../experiment.ts'
import { onServers } from '../servers.ts'
import { consumerModeNames } from './modes.ts'
import { measureConsumers } from './run.ts'
import { textOf } from './table.ts'

const semanticsCommand = command({
  name: 'lab semantics',
  usage: 'npm run lab -- semantics [options]',
  about: `Sends payments through Kafka to a consumer that books them and is killed (SIGKILL) at moments that the seed chooses, in one mode after
the other, and counts what was lost, booked twice and booked out of order. Fails when a count has another sign than its mode promises.`,
  options: {
    seed: optionOr('S', 'of the payments and the moments; default 1', wholeNumber(0, 2 ** 31 - 1), 1),
    payments: optionOr('N', 'in each mode, default 600', wholeNumber(100, 100_000), 600),
    kills: optionOr('K', 'consumers killed in each mode, default 3', wholeNumber(2, 20), 3),
    mode: option('MODE', `this one alone: ${consumerModeNames.join(', ')}`, oneOf(consumerModeNames)),
    json: flag('prints the counts for machines'),
  },
  examples: [
    ['npm run lab -- semantics --seed 7', 'the whole table'],
    ['npm run lab -- semantics --mode commit-first --payments 2000', 'one line of it, larger'],
  ],
  exitCodes: '0 every sign is as expected, 1 one is not, 2 the request makes no sense',
})

const say = (line: string) => console.error(`lab: ${line}`)

const run = async ({
  options: { seed, payments, kills, mode, json },
}: Given<typeof semanticsCommand.options>): Promise<number> => {
  const modes = mode === undefined ? consumerModeNames : [mode]
  const rows = await onServers({ say, signal: endOnRequest(say) }, (addresses) =>
    measureConsumers(modes, { seed, payments, kills, say }, addresses),
  )
  console.log(json ? JSON.stringify({ seed, payments, kills, rows }, null, 2) : textOf(rows))
  return rows.every(({ deviations }) => deviations.length === 0) ? 0 : 1
}

export const semantics = experiment(semanticsCommand, run)
