/** `npm run lab`: experiments on a broker and a database of their own. */
import { helpText, Misuse, runMain } from '@shop/command-line'
import { cdc } from './capture/main.ts'
import type { Experiment } from './experiment.ts'
import { groups } from './groups/main.ts'
import { queues } from './queues/main.ts'
import { semantics } from './semantics/main.ts'

const experiments: Readonly<Record<string, Experiment>> = { semantics, groups, queues, cdc }

const help = helpText({
  usage: 'npm run lab -- EXPERIMENT [options]',
  about: 'Experiments on a broker and a database that are started for them and are gone afterwards.',
  sections: [{ rows: Object.entries(experiments).map(([name, { about }]): [string, string] => [name, about]) }],
  notes: 'npm run lab -- EXPERIMENT --help tells what can be set.',
  examples: [['npm run lab -- semantics --seed 7', 'what each way of acknowledging loses and doubles']],
  exitCodes: '0 all is as expected, 1 something is not, 2 the request makes no sense',
})

await runMain({ name: 'lab' }, async ([name, ...args]) => {
  if (name === '--help' || name === '-h') {
    console.log(help)
    return 0
  }
  const chosen = name === undefined ? undefined : experiments[name]
  if (chosen !== undefined) return await chosen.run(args)
  throw new Misuse(
    `${name === undefined ? 'an experiment is missing' : `there is no experiment '${name}'`}: one of ${Object.keys(experiments).join(', ')}`,
  )
})
process.exit()
