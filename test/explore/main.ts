/**
 * `npm run explore`: walks all states that an order of the choreographed shop can come to, not a sample, with the services' real deciders
 * under the kit's rules: events in any order across topics, once or more often, cancellation and deadline at any time, refusals, dead
 * letters and their replay, a relay that publishes again. Says whether an end can be reached from everywhere and whether all holds there.
 */
import { parseArgs } from 'node:util'
import { bugs } from './bugs/index.ts'
import { explore } from './explorer/explore.ts'
import { type Found, hunt, shopOf } from './hunt.ts'
import { tellExploration, tellFound } from './report.ts'

const statesMaxOfSeveral = 2_000_000
const statesMaxOfBugs = 200_000

const help = `npm run explore [-- OPTIONS]   walks all states that orders can come to, and checks what must hold in each

  --orders N     how many orders of one customer and of the same goods, 1 to 3; default 1. With several no message fails for good: what
                 dead letters do to an order is walked with one
  --letters      dead letters also with several orders
  --states N     stops at so many states; default none with one order, ${statesMaxOfSeveral.toLocaleString('en')} with several, ${statesMaxOfBugs.toLocaleString('en')} for each bug
  --depth N      goes no further than so many steps; default none
  --bugs         plants ${bugs.length} bugs, one after the other, each of which has to be found, with its shortest trace
  --bug NAME     plants this one; --bugs lists the names
  --json         prints the result for machines
  --help         prints this

Exit status: 0 all holds as far as it went (and every bug was found), 1 it does not, 2 the arguments are wrong.`

class WrongArguments extends Error {}

const ordersMax = 3

const wholeNumber = (name: string, text: string | undefined, max = Number.MAX_SAFE_INTEGER): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value
  throw new WrongArguments(
    `--${name} needs a whole number from 1 ${max === Number.MAX_SAFE_INTEGER ? 'on' : `to ${max}`} – see --help`,
  )
}

const readArguments = () => {
  const { values } = parseArgs({
    options: {
      orders: { type: 'string' },
      letters: { type: 'boolean', default: false },
      states: { type: 'string' },
      depth: { type: 'string' },
      bugs: { type: 'boolean', default: false },
      bug: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const bug = bugs.find((b) => b.name === values.bug)
  if (values.bug !== undefined && bug === undefined)
    throw new WrongArguments(`there is no bug called ${values.bug}; the names are: ${bugs.map((b) => b.name).join(', ')}`)
  return {
    ...values,
    bug,
    orders: wholeNumber('orders', values.orders, ordersMax) ?? 1,
    statesMax: wholeNumber('states', values.states),
    depthMax: wholeNumber('depth', values.depth),
  }
}

type Arguments = ReturnType<typeof readArguments>

const progress = (states: number): void => console.error(`explore: ${states.toLocaleString('en')} states`)

const exploreShop = ({ orders, letters, statesMax, depthMax, json }: Arguments): boolean => {
  const bounds = { statesMax: statesMax ?? (orders > 1 ? statesMaxOfSeveral : undefined), depthMax }
  const exploration = explore(shopOf(orders, { hasLetters: letters || orders === 1 }), bounds, progress)
  if (json) console.log(JSON.stringify({ orders, ...exploration }, null, 2))
  else tellExploration(exploration)
  return exploration.violation === undefined
}

const huntBugs = (planted: typeof bugs, { statesMax = statesMaxOfBugs, depthMax, json }: Arguments): boolean => {
  const found: Found[] = []
  for (const bug of planted) {
    found.push(hunt(bug, { statesMax, depthMax }))
    if (!json) tellFound(found.at(-1) as Found)
  }
  const count = found.filter((f) => f.exploration.violation !== undefined).length
  if (json)
    console.log(
      JSON.stringify(
        found.map(({ bug: { name, does }, exploration }) => ({ name, does, ...exploration })),
        null,
        2,
      ),
    )
  else console.log(`${count} of ${planted.length} planted bugs were found`)
  return count === planted.length
}

try {
  const args = readArguments()
  if (args.help) console.log(help)
  else {
    const isSound = args.bug ? huntBugs([args.bug], args) : args.bugs ? huntBugs(bugs, args) : exploreShop(args)
    process.exitCode = isSound ? 0 : 1
  }
} catch (error) {
  const isOfArguments = error instanceof WrongArguments || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(`explore: ${isOfArguments ? (error as Error).message : ((error as Error).stack ?? error)}`)
  process.exitCode = 2
}
