/** `npm run tell-again`: the services tell again what they have told of orders, for when the broker has lost it. */
import { serviceNames } from '@shop/choreography'
import { command, duration, flag, Misuse, option, path, type Read, Refused, runCommand } from '@shop/command-line'
import type { ToldAgain } from '@shop/participant/letters'
import { ask, type ServicesAccess, servicesOf } from '../running-shop/index.ts'

const uuid: Read<string> = (text, name) => {
  const id = text.toLowerCase()
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new Misuse(`${name} must be the id of an order, not '${text}'`)
  return id
}

const time: Read<string> = (text, name) => {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new Misuse(`${name} must be a time such as 2026-01-31T12:00:00Z, not '${text}'`)
  return new Date(text).toISOString()
}

const tellAgainCommand = command({
  name: 'tell-again',
  usage: 'npm run tell-again -- --order ORDER_ID | --since TIME | --stuck AGE [--yes]',
  about: `Lets each service tell again what it has told of orders, from its own state, with the same event ids: whoever has handled an event
drops it, whoever has lost it goes on. For when the broker has forgotten records.`,
  options: {
    order: option('ORDER_ID', 'one order', uuid),
    since: option('TIME', 'the orders that were placed since then, ended or not', time),
    stuck: option(
      'AGE',
      'the orders that have not ended so long after they were placed',
      duration({ msMax: 90 * 24 * 3_600_000 }),
    ),
    yes: flag('do it; without it only tells what would be told'),
    json: flag('for machines'),
    'data-dir': option('DIR', 'of the shop that npm start runs; default .data', path),
  },
  notes: 'Finds the shop as npm run dead-letters does.',
  examples: [
    ['npm run tell-again -- --stuck 10m', 'what would be told of the orders that hang'],
    ['npm run tell-again -- --stuck 10m --yes', 'tells it'],
    ['npm run tell-again -- --since 2026-01-31T12:00:00Z --yes', 'also of ended orders, for whoever has missed their end'],
  ],
  exitCodes: '0 done, 1 not or not all done, 2 the request makes no sense',
})

type Selection = { readonly orderIds: readonly string[] } | { readonly since: string } | { readonly stuckForMs: number }

interface Options {
  readonly order: string | undefined
  readonly since: string | undefined
  readonly stuck: number | undefined
}

/** @throws Misuse */
const selectionOf = ({ order, since, stuck }: Options): Selection => {
  const given = [order, since, stuck].filter((o) => o !== undefined)
  if (given.length !== 1) throw new Misuse('tell what again? One of --order ORDER_ID, --since TIME, --stuck AGE')
  if (order !== undefined) return { orderIds: [order] }
  return since === undefined ? { stuckForMs: stuck ?? 0 } : { since }
}

/** @returns undefined when the service tells nothing, or keeps nothing that it could tell again. @throws Refused */
const askService = async (
  { urls, adminToken }: ServicesAccess,
  service: string,
  body: Selection & { readonly dryRun: boolean; readonly cursor?: string | undefined },
): Promise<ToldAgain | undefined> => {
  const { status, text, json } = await ask(`${urls[service]}/admin/tell-again`, {
    method: 'POST',
    body,
    token: adminToken,
  }).catch((error: Refused) => {
    throw new Refused(`${service} cannot be asked (${error.message}): is the shop running?`, { cause: error })
  })
  if (status === 404) return undefined
  if (status === 401) throw new Refused(`${service} refuses the token: set SHOP_ADMIN_TOKEN as the shop has it`)
  if (status > 299) throw new Refused(`${service} answered ${status}: ${text.slice(0, 300)}`)
  return json as ToldAgain
}

/** By service, how many events of each type. */
type Told = Map<string, Map<string, number>>

const add = (told: Told, service: string, { events }: ToldAgain): void => {
  const counts = told.get(service) ?? new Map<string, number>()
  for (const [type, count] of Object.entries(events)) counts.set(type, (counts.get(type) ?? 0) + count)
  told.set(service, counts)
}

/** Page by page: the order service first, which chooses the orders, then those that answer it, in the order of the saga. */
const tellAgain = async (shop: ServicesAccess, selection: Selection, dryRun: boolean) => {
  const told: Told = new Map()
  const others = serviceNames.filter((s) => s !== 'order' && shop.urls[s] !== undefined)
  let orders = 0
  let cursor: string | undefined
  do {
    const page = await askService(shop, 'order', { ...selection, dryRun, ...(cursor === undefined ? {} : { cursor }) })
    if (page === undefined) throw new Refused('the order service has no such route: is it of an earlier release?')
    add(told, 'order', page)
    orders += page.orderIds.length
    for (const service of page.orderIds.length === 0 ? [] : others) {
      const answer = await askService(shop, service, { orderIds: page.orderIds, dryRun })
      if (answer !== undefined) add(told, service, answer)
    }
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return { orders, told }
}

await runCommand(tellAgainCommand, async ({ options }) => {
  const selection = selectionOf(options)
  const { yes, json, 'data-dir': dataDir } = options
  const shop = servicesOf({ dataDir })
  if (shop.notice !== undefined) console.error(`tell-again: ${shop.notice}`)
  const { orders, told } = await tellAgain(shop, selection, !yes)
  if (json) {
    const services = Object.fromEntries([...told].map(([service, events]) => [service, Object.fromEntries(events)]))
    console.log(JSON.stringify({ dryRun: !yes, orders, services }, null, 2))
    return 0
  }
  for (const [service, events] of told)
    console.log(`${service}: ${[...events].map(([type, count]) => `${count} ${type}`).join(', ') || 'nothing'}`)
  const what = orders === 1 ? '1 order' : `${orders} orders`
  console.log(yes ? `told again of ${what}` : `of ${what}; nothing was told: add --yes to tell it again`)
  return 0
})
