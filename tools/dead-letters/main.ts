import { parseArgs } from 'node:util'
import {
  deadLetterClient,
  type LetterContent,
  type LetterResult,
  type LetterView,
  type Selection,
  ServiceRefusal,
} from './client.ts'
import { type RunningShop, runningShop } from './running-shop.ts'

const usage = `npm run dead-letters -- <list|show|replay|discard> [options]

What the services have set aside: events that they could not read or handle, and what waits behind those for the same order.

  list                         all of them, oldest first
  show LETTER                  one, with its headers and value
  replay LETTER|--order|--all  handles them anew, with their own event ids, oldest first per order
  discard LETTER|--order|--all takes them away without effect; never a compensation, which only replaying completes

  LETTER            <service>:<topic>/<partition>/<offset>, as list prints it
  --order ORDER_ID  those of one order
  --all             all of them
  --service NAME    of one service only
  --yes             do it; without it replay and discard only tell what they would do
  --json            for machines
  --data-dir DIR    of the shop that npm start runs; default .data. Without one running: docker compose, with SHOP_ADMIN_TOKEN

Exit code: 0 done, 1 something was not done, 2 the request makes no sense.`

/** The request makes no sense; the message says why. */
class Misuse extends Error {}

interface Request {
  readonly command: string
  readonly letter: string | undefined
  readonly order: string | undefined
  readonly all: boolean
  readonly yes: boolean
  readonly json: boolean
  readonly services: readonly string[]
  readonly shop: RunningShop
}

const flag = { type: 'boolean', default: false } as const
const text = { type: 'string' } as const
const options = {
  order: text,
  all: flag,
  yes: flag,
  json: flag,
  service: text,
  'data-dir': text,
  help: { ...flag, short: 'h' },
} as const

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new Misuse(`${(error as Error).message.split('. ')[0]}; --help tells the options`)
  }
}

/** @throws Misuse */
const readRequest = (args: readonly string[]): Request | undefined => {
  const { values, positionals } = parse(args)
  const [command, letter, ...rest] = positionals
  if (values.help || command === undefined) return undefined
  if (!['list', 'show', 'replay', 'discard'].includes(command))
    throw new Misuse(`${command} is no command: list, show, replay or discard`)
  if (rest.length > 0) throw new Misuse(`one letter at a time, or --order, or --all: ${rest.join(' ')} is too much`)
  const shop = runningShop(values['data-dir'])
  if (values.service !== undefined && shop.urls[values.service] === undefined)
    throw new Misuse(`${values.service} is no service that runs: ${Object.keys(shop.urls).join(', ')}`)
  const { order, all, yes, json } = values
  if (
    (command === 'replay' || command === 'discard') &&
    [letter, order, all || undefined].filter((s) => s !== undefined).length !== 1
  )
    throw new Misuse(`${command} what? One of: a letter (see list), --order ORDER_ID, --all`)
  if (command === 'show' && letter === undefined) throw new Misuse('show which letter? list prints them')
  const services = values.service === undefined ? Object.keys(shop.urls) : [values.service]
  return { command, letter, order, all, yes, json, services, shop }
}

/** `payment:shop.order/3/17` as service and id. @throws Misuse */
const readLetter = (text: string, { urls }: RunningShop): { service: string; id: string } => {
  const colon = text.indexOf(':')
  const service = text.slice(0, colon)
  if (colon < 1 || urls[service] === undefined)
    throw new Misuse(
      `${text} is no letter: expected <service>:<topic>/<partition>/<offset>, with a service of ${Object.keys(urls).join(', ')}`,
    )
  return { service, id: text.slice(colon + 1) }
}

const nameOf = ({ consumer, id }: Pick<LetterView, 'consumer' | 'id'>) => `${consumer}:${id}`

const list = async ({ services, shop, order, json }: Request): Promise<number> => {
  const letters = (await Promise.all(services.map((s) => deadLetterClient(shop, s).list(order)))).flat()
  if (json) console.log(JSON.stringify({ deadLetters: letters }, null, 2))
  else if (letters.length === 0) console.log('no dead letters')
  else {
    for (const l of letters) {
      const mark = l.needsAttention ? '  NEEDS ATTENTION: a compensation, tried again by itself' : ''
      console.log(`${nameOf(l)}  ${l.kind}  ${l.type ?? '(unknown type)'}  order ${l.key ?? '(no key)'}${mark}`)
      console.log(`    ${l.error}  (attempts: ${l.attempts}, last at ${l.lastAt})`)
    }
    const held = letters.filter((l) => l.kind === 'held').length
    console.log(`${letters.length} dead letters, ${held} of them waiting behind another one of their order`)
  }
  return 0
}

const show = async ({ letter = '', shop, json }: Request): Promise<number> => {
  const { service, id } = readLetter(letter, shop)
  const found = await deadLetterClient(shop, service).show(id)
  if (found === undefined) throw new ServiceRefusal(`${service} has no dead letter ${id}`)
  console.log(json ? JSON.stringify(found, null, 2) : describe(found))
  return 0
}

const describe = (l: LetterContent): string =>
  [
    nameOf(l),
    `  kind      ${l.kind}${l.needsAttention ? ', needs attention' : ''}`,
    `  event     ${l.type ?? '(unknown type)'} ${l.eventId ?? ''}`,
    `  order     ${l.key ?? '(no key)'}`,
    `  error     ${l.error}`,
    `  attempts  ${l.attempts}, first ${l.firstAt}, last ${l.lastAt}`,
    '  headers',
    ...Object.entries(l.headers).map(([name, value]) => `    ${name}: ${value.slice(0, 200)}`),
    '  value',
    `    ${(l.value ?? '(none)').slice(0, 4_000)}`,
  ].join('\n')

/** What the services were asked for and what came of it. */
const act = async (request: Request, action: 'replay' | 'discard'): Promise<number> => {
  const { shop, letter, order, yes, json } = request
  const results: (LetterResult & { service: string })[] = []
  const one = letter === undefined ? undefined : readLetter(letter, shop)
  for (const service of one ? [one.service] : request.services) {
    const selection: Selection = one ? { id: one.id } : order === undefined ? { all: true } : { key: order }
    const done = await deadLetterClient(shop, service).act(action, selection, !yes)
    if (one && done.length === 0) throw new ServiceRefusal(`${service} has no dead letter ${one.id}`)
    results.push(...done.map((r) => ({ ...r, service })))
  }
  if (json) console.log(JSON.stringify({ dryRun: !yes, letters: results }, null, 2))
  else {
    for (const r of results) console.log(`${r.service}:${r.id}  ${r.outcome}${r.error === undefined ? '' : `: ${r.error}`}`)
    if (results.length === 0) console.log('no dead letters')
    else if (!yes)
      console.log(`nothing was done: add --yes to ${action} ${results.length === 1 ? 'it' : `these ${results.length}`}`)
  }
  return results.some((r) => ['failed', 'waiting', 'refused'].includes(r.outcome)) ? 1 : 0
}

try {
  const request = readRequest(process.argv.slice(2))
  if (request === undefined) console.log(usage)
  else if (request.command === 'list') process.exitCode = await list(request)
  else if (request.command === 'show') process.exitCode = await show(request)
  else process.exitCode = await act(request, request.command as 'replay' | 'discard')
} catch (error) {
  if (!(error instanceof Misuse || error instanceof ServiceRefusal)) throw error
  console.error(error.message)
  process.exitCode = error instanceof Misuse ? 2 : 1
}
