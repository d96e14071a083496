/** `npm run lab -- queues`: the same questions as semantics, put to RabbitMQ's queues. */
import { writeFileSync } from 'node:fs'
import { command, flag, type Given, oneOf, option, optionList, optionOr, path, wholeNumber } from '@shop/command-line'
import { endOnRequest } from '../ending.ts'
import { experiment } from '../experiment.ts'
import { tableOf, textOf } from '../semantics/table.ts'
import { queueModeNames } from './modes.ts'
import { measureSeeds } from './seeds.ts'

const queuesCommand = command({
  name: 'lab queues',
  usage: 'npm run lab -- queues [options]',
  about: `Sends payments through queues of RabbitMQ to consumers that book them, and cuts the connection of the consumer or of the producer at
moments that the seed chooses. Counts what was lost, booked twice and booked out of order, in one mode after the other, and fails when a count
has another sign than its mode promises. Needs rabbitmq-server, or RABBITMQ_URL.`,
  options: {
    seed: optionList('S', 'of the payments and the moments; default 1; may be given several times', wholeNumber(0, 2 ** 31 - 1)),
    payments: optionOr('N', 'in each mode, default 600', wholeNumber(100, 100_000), 600),
    kills: optionOr('K', 'connections cut in each mode, default 3', wholeNumber(1, 20), 3),
    mode: option('MODE', `this one alone: ${queueModeNames.join(', ')}`, oneOf(queueModeNames)),
    page: option('FILE', 'writes the table as Markdown', path),
    json: flag('prints the counts for machines'),
  },
  examples: [
    ['npm run lab -- queues --seed 7', 'the whole table'],
    ['npm run lab -- queues --seed 1 --seed 2 --seed 3', 'whether the signs stay'],
  ],
  exitCodes: '0 every sign is as expected, 1 one is not, 2 the request makes no sense',
})

const say = (line: string) => console.error(`lab: ${new Date().toISOString().slice(11, 19)} ${line}`)

const run = async ({ options }: Given<typeof queuesCommand.options>): Promise<number> => {
  const { seed: seeds = [1], payments, kills, mode, page, json } = options
  const modes = mode === undefined ? queueModeNames : [mode]
  const results = await measureSeeds(seeds, { payments, kills, modes, say }, { say, signal: endOnRequest(say) })
  if (page !== undefined) writeFileSync(page, results.map(({ seed, rows }) => `Seed ${seed}:\n\n${tableOf(rows)}\n`).join('\n'))
  if (json) console.log(JSON.stringify({ payments, kills, runs: results }, null, 2))
  else for (const { seed, rows } of results) console.log(`seed ${seed}\n${textOf(rows)}`)
  return results.every(({ rows }) => rows.every(({ deviations }) => deviations.length === 0)) ? 0 : 1
}

export const queues = experiment(queuesCommand, run)
