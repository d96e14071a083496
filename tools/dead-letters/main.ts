/** `npm run dead-letters`: what the services have set aside, and what can be done about it. */
import { command, flag, helpOf, Misuse, option, path, Refused, runCommand, text } from '@shop/command-line'
import type { LetterContent, LetterResult, LetterView } from '@shop/participant/letters'
import { type ServicesAccess, servicesOf } from '../running-shop/index.ts'
import { deadLetterClient, type RecordPlace } from './client.ts'
import { park, readPlace } from './park.ts'

const deadLettersCommand = command({
  name: 'dead-letters',
  usage: 'npm run dead-letters -- <list|show|replay|discard|park> [options]',
  about:
    'What the services have set aside: events that they could not read or handle, and what waits behind those for the same order.',
  operands: [
    ['list', 'all of them, oldest first'],
    ['show LETTER', 'one, with its headers and value'],
    ['replay LETTER|--order|--all', 'handles them anew, with their own event ids, oldest first per order'],
    ['discard LETTER|--order|--all', 'takes them away without effect; never a compensation, which only replaying completes'],
    ['park TOPIC PARTITION OFFSET', 'sets a record aside that a consumer has before it, such as one that it cannot get past'],
    ['LETTER', '<service>:<topic>/<partition>/<offset>/<fingerprint>, as list prints it'],
  ],
  options: {
    order: option('ORDER_ID', 'those of one order', text),
    all: flag('all of them'),
    service: option('NAME', 'of one service only', text),
    yes: flag('do it; without it replay, discard and park only tell what they would do'),
    json: flag('for machines'),
    'data-dir': option('DIR', 'of the shop that npm start runs; default .data', path),
  },
  notes: `Without a shop of npm start: the one whose ports docker compose publishes, with SHOP_ADMIN_TOKEN. SERVICE_URLS and ADMIN_TOKEN name
another one, as they do in the containers of compose. What a service is to park is in the memory of the process that answers. A service that stands still is
not ready, and compose's gateway does not lead to it: ask from inside, as in the last example, with park.`,
  examples: [
    ['npm run dead-letters -- list --service payment', 'those of payment'],
    ['npm run dead-letters -- replay --order <orderId> --yes', 'those of one order, once their cause is gone'],
    ['npm run dead-letters -- park shop.order 3 17 --service payment --yes', 'lets payment go on behind that record'],
    ['docker compose run --rm check node tools/dead-letters/main.ts list', 'from inside docker compose'],
  ],
  exitCodes: '0 done, 1 something was not done, 2 the request makes no sense',
})

const commands = ['list', 'show', 'replay', 'discard', 'park'] as const

interface Request {
  readonly command: (typeof commands)[number]
  readonly letter: string | undefined
  readonly order: string | undefined
  readonly all: boolean
  readonly yes: boolean
  readonly json: boolean
  readonly services: readonly string[]
  /** Behind park. */
  readonly record: RecordPlace | undefined
  readonly shop: ServicesAccess
}

/** @throws Misuse */
const commandOf = (name: string | undefined): Request['command'] => {
  const found = commands.find((c) => c === name)
  if (found === undefined) throw new Misuse(`${name} is no command: list, show, replay, discard or park`)
  return found
}

interface Options {
  readonly order: string | undefined
  readonly all: boolean
  readonly service: string | undefined
  readonly yes: boolean
  readonly json: boolean
  readonly 'data-dir': string | undefined
}

/** @throws Misuse */
const readRequest = ({ service, 'data-dir': dataDir, ...options }: Options, operands: readonly string[]): Request => {
  const [name, letter, ...rest] = operands
  const command = commandOf(name)
  const record = command === 'park' ? readPlace(operands.slice(1)) : undefined
  if (record !== undefined && (options.order !== undefined || options.all))
    throw new Misuse('park takes one record, neither --order nor --all')
  if (record === undefined && rest.length > 0)
    throw new Misuse(`one letter at a time, or --order, or --all: ${rest.join(' ')} is too much`)
  const shop = servicesOf({ dataDir })
  if (service !== undefined && shop.urls[service] === undefined)
    throw new Misuse(`${service} is no service that runs: ${Object.keys(shop.urls).join(', ')}`)
  const chosen = [letter, options.order, options.all || undefined].filter((s) => s !== undefined)
  if ((command === 'replay' || command === 'discard') && chosen.length !== 1)
    throw new Misuse(`${command} what? One of: a letter (see list), --order ORDER_ID, --all`)
  if (command === 'show' && letter === undefined) throw new Misuse('show which letter? list prints them')
  return { ...options, command, letter, record, services: service === undefined ? Object.keys(shop.urls) : [service], shop }
}

/** `payment:shop.order/3/17` as service and id. @throws Misuse */
const readLetter = (text: string, { urls }: ServicesAccess): { service: string; id: string } => {
  const colon = text.indexOf(':')
  const service = text.slice(0, colon)
  if (colon < 1 || urls[service] === undefined)
    throw new Misuse(
      `${text} is no letter: expected <service>:<topic>/<partition>/<offset>/<fingerprint>, with a service of ${Object.keys(urls).join(', ')}`,
    )
  return { service, id: text.slice(colon + 1) }
}

const nameOf = ({ consumer, id }: Pick<LetterView, 'consumer' | 'id'>) => `${consumer}:${id}`

const attention = ({ kind }: LetterView): string =>
  kind === 'unsendable' ? 'the broker does not take it, replay it once it does' : 'a compensation, tried again by itself'

/** A key or a header may hold what a terminal acts upon. */
const plain = (text: string): string =>
  text.replace(/\p{Cc}/gu, (control) => `\\x${(control.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)

const list = async ({ services, shop, order, json }: Request): Promise<number> => {
  const letters = (await Promise.all(services.map((s) => deadLetterClient(shop, s).list(order)))).flat()
  if (json) console.log(JSON.stringify({ deadLetters: letters }, null, 2))
  else if (letters.length === 0) console.log('no dead letters')
  else {
    for (const l of letters) {
      const mark = l.needsAttention ? `  NEEDS ATTENTION: ${attention(l)}` : ''
      console.log(`${nameOf(l)}  ${l.kind}  ${l.type ?? '(unknown type)'}  order ${plain(l.key ?? '(no key)')}${mark}`)
      console.log(`    ${plain(l.error)}  (attempts: ${l.attempts}, last at ${l.lastAt})`)
    }
    const held = letters.filter((l) => l.kind === 'held').length
    console.log(`${letters.length} dead letters, ${held} of them waiting behind another one of their order`)
  }
  return 0
}

const show = async ({ letter = '', shop, json }: Request): Promise<number> => {
  const { service, id } = readLetter(letter, shop)
  const found = await deadLetterClient(shop, service).show(id)
  if (found === undefined) throw new Refused(`${service} has no dead letter ${id}`)
  console.log(json ? JSON.stringify(found, null, 2) : describe(found))
  return 0
}

const headersShownMax = 50

const describe = (l: LetterContent): string =>
  [
    nameOf(l),
    `  kind      ${l.kind}${l.needsAttention ? ', needs attention' : ''}`,
    `  event     ${l.type ?? '(unknown type)'} ${plain(l.eventId ?? '')}`,
    `  order     ${plain(l.key ?? '(no key)')}`,
    `  error     ${l.error}`,
    `  attempts  ${l.attempts}, first ${l.firstAt}, last ${l.lastAt}`,
    '  headers',
    ...Object.entries(l.headers)
      .slice(0, headersShownMax)
      .map(([name, value]) => `    ${plain(name.slice(0, 200))}: ${plain(value.slice(0, 200))}`),
    '  value',
    `    ${plain((l.value ?? '(none)').slice(0, 4_000))}`,
  ].join('\n')

/** What the services were asked for and what came of it. */
const act = async (request: Request, action: 'replay' | 'discard'): Promise<number> => {
  const { shop, letter, order, yes, json } = request
  const results: (LetterResult & { service: string })[] = []
  const one = letter === undefined ? undefined : readLetter(letter, shop)
  for (const service of one ? [one.service] : request.services) {
    const which = one ? { id: one.id } : order === undefined ? { all: true as const } : { key: order }
    const done = await deadLetterClient(shop, service).act(action, { ...which, dryRun: !yes })
    if (one && done.length === 0) throw new Refused(`${service} has no dead letter ${one.id}`)
    results.push(...done.map((r) => ({ ...r, service })))
  }
  if (json) console.log(JSON.stringify({ dryRun: !yes, letters: results }, null, 2))
  else {
    for (const r of results) console.log(`${r.service}:${r.id}  ${r.outcome}${r.error === undefined ? '' : `: ${r.error}`}`)
    if (results.length === 0) console.log('no dead letters')
    else if (!yes)
      console.log(`nothing was done: add --yes to ${action} ${results.length === 1 ? 'it' : `these ${results.length}`}`)
  }
  return results.some((r) => ['failed', 'suspicious', 'waiting', 'refused'].includes(r.outcome)) ? 1 : 0
}

await runCommand(deadLettersCommand, async ({ options, operands }) => {
  if (operands.length === 0) {
    console.log(helpOf(deadLettersCommand))
    return 0
  }
  const request = readRequest(options, operands)
  const { notice } = request.shop
  if (notice !== undefined) console.error(`dead-letters: ${notice}`)
  if (request.command === 'list') return await list(request)
  if (request.command === 'show') return await show(request)
  if (request.command === 'park') return request.record === undefined ? 2 : await park({ ...request, record: request.record })
  return await act(request, request.command)
})
