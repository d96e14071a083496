/** `npm run lab -- semantics`: loses and doubles messages on a real broker, and counts them. */
import { writeFileSync } from 'node:fs'
import { command, flag, type Given, oneOf, option, optionList, optionOr, path, wholeNumber } from '@shop/command-line'
import { endOnRequest } from '../ending.ts'
import { experiment } from '../experiment.ts'
import { queueModeNames } from '../queues/modes.ts'
import { hasRabbitmq, measureSeeds } from '../queues/seeds.ts'
import { onCluster, onServers, type Running } from '../servers.ts'
import { modeNames } from './modes.ts'
import { pageOf, type Run } from './page.ts'
import { picturePage } from './picture.ts'
import type { Row } from './row.ts'
import { type Experiment, measureOnOne, measureOnThree, withoutThree } from './run.ts'
import { textOf } from './table.ts'

const semanticsCommand = command({
  name: 'lab semantics',
  usage: 'npm run lab -- semantics [options]',
  about: `Sends payments through Kafka to a consumer that books them, and kills the consumer (SIGKILL), cuts the producer's connection or kills the
leader of three brokers at moments that the seed chooses. Counts what was lost, booked twice and booked out of order, in one mode after the
other, and fails when a count has another sign than its mode promises. Where there is a RabbitMQ, its queues are asked the same behind it, as by
npm run lab -- queues.`,
  options: {
    seed: optionList('S', 'of the payments and the moments; default 1; may be given several times', wholeNumber(0, 2 ** 31 - 1)),
    payments: optionOr('N', 'in each mode, default 600', wholeNumber(100, 100_000), 600),
    kills: optionOr('K', 'consumers killed in each mode, default 3', wholeNumber(2, 20), 3),
    mode: option('MODE', `this one alone: ${modeNames.join(', ')}`, oneOf(modeNames)),
    'one-broker': flag('leaves out what needs three brokers, and says so'),
    'kafka-only': flag('leaves RabbitMQ out'),
    page: option('FILE', 'writes the table of Kafka as Markdown, with the command, or, as FILE.html, a page with pictures', path),
    json: flag('prints the counts for machines'),
  },
  examples: [
    ['npm run lab -- semantics --seed 7', 'the whole table'],
    ['npm run lab -- semantics --seed 1 --seed 2 --seed 3', 'whether the signs stay'],
    ['npm run lab -- semantics --mode commit-first --payments 2000', 'one line of it, larger'],
  ],
  exitCodes: '0 every sign is as expected, 1 one is not, 2 the request makes no sense',
})

const say = (line: string) => console.error(`lab: ${new Date().toISOString().slice(11, 19)} ${line}`)

/** One run for each seed, on the same servers. */
const measure = async (experiments: readonly Experiment[], oneBroker: boolean, running: Running): Promise<Run[]> => {
  const modes = experiments[0]?.modes ?? []
  const runs = experiments.map(({ seed }) => ({ seed, rows: [] as Row[] }))
  const fill = async (rowsOf: (of: Experiment) => Promise<readonly Row[]>) => {
    for (const [index, of] of experiments.entries()) {
      say(`seed ${of.seed}`)
      runs[index]?.rows.push(...(await rowsOf(of)))
    }
  }
  if (modes.some((mode) => !mode.startsWith('acks-')))
    await onServers(running, (addresses) => fill((of) => measureOnOne(of, addresses)))
  if (oneBroker) await fill(async (of) => withoutThree(of))
  else if (modes.some((mode) => mode.startsWith('acks-')))
    await onCluster(running, (cluster) => fill((of) => measureOnThree(of, cluster)))
  return runs
}

const run = async ({ options }: Given<typeof semanticsCommand.options>): Promise<number> => {
  const { seed: seeds = [1], payments, kills, mode, page, json } = options
  const modes = mode === undefined ? modeNames : [mode]
  const experiments = seeds.map((seed) => ({ seed, payments, kills, modes, say }))
  const running = { say, signal: endOnRequest(say) }
  const runs = await measure(experiments, options['one-broker'], running)
  const command = `npm run lab -- semantics ${seeds.map((seed) => `--seed ${seed}`).join(' ')} --payments ${payments} --kills ${kills}`
  const write = page?.endsWith('.html') ? picturePage : pageOf
  if (page !== undefined) writeFileSync(page, write({ command, payments, kills }, runs))
  const queues = mode === undefined && !options['kafka-only'] ? await measureOnRabbitmq(seeds, { payments, kills }, running) : []
  if (json) console.log(JSON.stringify({ payments, kills, runs, queues }, null, 2))
  else {
    for (const { seed, rows } of runs) console.log(`Kafka, seed ${seed}\n${textOf(rows)}`)
    for (const { seed, rows } of queues) console.log(`RabbitMQ, seed ${seed}\n${textOf(rows)}`)
  }
  return [...runs, ...queues].every(({ rows }) => rows.every(({ deviations }) => deviations.length === 0)) ? 0 : 1
}

const measureOnRabbitmq = async (
  seeds: readonly number[],
  sizes: { readonly payments: number; readonly kills: number },
  running: Running,
) => {
  if (hasRabbitmq()) return measureSeeds(seeds, { ...sizes, modes: queueModeNames, say }, running)
  say('RabbitMQ is left out: no rabbitmq-server is installed, and RABBITMQ_URL names none')
  return []
}

export const semantics = experiment(semanticsCommand, run)
