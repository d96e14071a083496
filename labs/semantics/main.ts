/** `npm run lab -- semantics`: loses and doubles messages on a real broker, and counts them. */
import { command, flag, type Given, oneOf, option, optionOr, wholeNumber } from '@shop/command-line'
import { endOnRequest } from '../ending.ts'
import { experiment } from '../experiment.ts'
import { onCluster, onServers } from '../servers.ts'
import { modeNames } from './modes.ts'
import type { Row } from './row.ts'
import { type Experiment, measureOnOne, measureOnThree, withoutThree } from './run.ts'
import { textOf } from './table.ts'

const semanticsCommand = command({
  name: 'lab semantics',
  usage: 'npm run lab -- semantics [options]',
  about: `Sends payments through Kafka to a consumer that books them, and kills the consumer (SIGKILL), cuts the producer's connection or kills the
leader of three brokers at moments that the seed chooses. Counts what was lost, booked twice and booked out of order, in one mode after the
other, and fails when a count has another sign than its mode promises.`,
  options: {
    seed: optionOr('S', 'of the payments and the moments; default 1', wholeNumber(0, 2 ** 31 - 1), 1),
    payments: optionOr('N', 'in each mode, default 600', wholeNumber(100, 100_000), 600),
    kills: optionOr('K', 'consumers killed in each mode, default 3', wholeNumber(2, 20), 3),
    mode: option('MODE', `this one alone: ${modeNames.join(', ')}`, oneOf(modeNames)),
    'one-broker': flag('leaves out what needs three brokers, and says so'),
    json: flag('prints the counts for machines'),
  },
  examples: [
    ['npm run lab -- semantics --seed 7', 'the whole table'],
    ['npm run lab -- semantics --mode commit-first --payments 2000', 'one line of it, larger'],
  ],
  exitCodes: '0 every sign is as expected, 1 one is not, 2 the request makes no sense',
})

const say = (line: string) => console.error(`lab: ${new Date().toISOString().slice(11, 19)} ${line}`)

const measure = async (of: Experiment, oneBroker: boolean): Promise<Row[]> => {
  const running = { say, signal: endOnRequest(say) }
  const needsThree = of.modes.some((mode) => mode.startsWith('acks-'))
  const needsOne = of.modes.some((mode) => !mode.startsWith('acks-'))
  const onOne = needsOne ? await onServers(running, (addresses) => measureOnOne(of, addresses)) : []
  if (oneBroker || !needsThree) return [...onOne, ...withoutThree(of)]
  return [...onOne, ...(await onCluster(running, (cluster) => measureOnThree(of, cluster)))]
}

const run = async ({ options }: Given<typeof semanticsCommand.options>): Promise<number> => {
  const { seed, payments, kills, mode, json } = options
  const modes = mode === undefined ? modeNames : [mode]
  const rows = await measure({ seed, payments, kills, modes, say }, options['one-broker'])
  console.log(json ? JSON.stringify({ seed, payments, kills, rows }, null, 2) : textOf(rows))
  return rows.every(({ deviations }) => deviations.length === 0) ? 0 : 1
}

export const semantics = experiment(semanticsCommand, run)
