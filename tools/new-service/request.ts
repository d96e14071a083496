/** What is asked for on the command line, and whether the shop can have it. Nothing is written here. */
import { parseArgs } from 'node:util'
import { allEvents, choreography, compensations, eventNamed, flaws, pivot, terminal } from '@shop/choreography'
import { type DatabaseKind, serviceNamed, services } from '@shop/manifest'
import { z } from 'zod'

export const usage = `npm run new-service -- NAME --database postgres|mongo --reacts EVENT[:EMITS],…   makes a further service of the shop

  NAME            kebab-case, such as loyalty
  --database      where its state, its inbox and its outbox are: postgres or mongo
  --reacts        the events that it consumes, separated by commas. What it may emit because of one stands behind a colon, several
                  joined by +: OrderPlaced,OrderConfirmed:PointsGranted
  --emits         new events that each reaction without a colon may emit, separated by commas
  --help          prints this

It makes the service's folder with an aggregate that notes each event once, reactions, store, HTTP, its test and its events; adds its lines
to the choreography and the manifest; and generates what follows from these. What it made and changed is printed.
Exit status: 0 done, 2 this cannot be asked; nothing was changed then.`

/** What was asked makes no sense; the message says why, in a line. */
export class Misuse extends Error {}

export interface ReactionRequest {
  /** The name of an event that there is. */
  readonly on: string
  /** Names of the service's own, new events. */
  readonly emits: readonly string[]
}

export interface NewService {
  /** Kebab-case. */
  readonly name: string
  readonly database: DatabaseKind
  readonly port: number
  readonly reactions: readonly ReactionRequest[]
  /** Each once. */
  readonly emits: readonly string[]
}

const nameLengthMax = 30
/** Names of compose's other containers, of the workspace's other packages, and of what a service's files are or use. */
const taken = new Set([
  ...['kafka', 'postgres', 'mongo', 'init', 'gateway', 'check', 'proxies', 'infra', 'tools', 'test'],
  ...['choreography', 'manifest', 'messaging', 'participant', 'service-host', 'store-postgres', 'store-mongo', 'transport-kafka'],
  ...['main', 'http', 'reactions', 'store', 'schema', 'tables'],
  ...[
    'decider',
    'decision',
    'emitted',
    'incoming',
    'state',
    'event',
    'row',
    'queryable',
    'router',
    'pool',
    'model',
    'connection',
  ],
  ...['message', 'message-document', 'documents', 'react', 'map', 'promise', 'array', 'record', 'set'],
])

const readName = (name: string | undefined, more: readonly string[]): string => {
  if (name === undefined) throw new Misuse('the name of the service is missing')
  if (more.length > 0) throw new Misuse(`one name is expected, not also ${more.join(', ')}`)
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name) || name.length > nameLengthMax)
    throw new Misuse(
      `${name} is no name for a service: expected kebab-case, such as gift-cards, of at most ${nameLengthMax} letters`,
    )
  if (serviceNamed(name) !== undefined || taken.has(name)) throw new Misuse(`the name ${name} is taken`)
  return name
}

const readDatabase = (database: string | undefined): DatabaseKind => {
  if (database === 'postgres' || database === 'mongo') return database
  throw new Misuse(
    `--database is ${database === undefined ? 'missing' : `${database}, which is unknown`}: expected postgres or mongo`,
  )
}

const listOf = (text: string | undefined, separator: string): string[] =>
  (text ?? '')
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '')

const readEmitted = (name: string): string => {
  if (!/^([A-Z][a-z0-9]+)+$/.test(name)) throw new Misuse(`${name} is no name for an event: expected words such as PointsGranted`)
  if (eventNamed(name) !== undefined) throw new Misuse(`${name} is an event of ${eventNamed(name)?.service} already`)
  return name
}

const readReactions = (reacts: string | undefined, emits: string | undefined): ReactionRequest[] => {
  const shared = listOf(emits, ',').map(readEmitted)
  const reactions = listOf(reacts, ',').map((text): ReactionRequest => {
    const [on = '', own] = text.split(':', 2)
    if (eventNamed(on) === undefined) throw new Misuse(`there is no event ${on}, only ${allEvents.map((e) => e.name).join(', ')}`)
    return { on, emits: own === undefined ? shared : listOf(own, '+').map(readEmitted) }
  })
  if (reactions.length === 0) throw new Misuse('--reacts is missing: a service reacts to one event at least')
  return reactions
}

/** @throws Misuse when the choreography with this service in it would have a flaw, naming the first one. */
const requireSound = ({ name, reactions }: Pick<NewService, 'name' | 'reactions'>): void => {
  const own = new Map<string, ReturnType<typeof define>>()
  const define = (event: string) => ({ service: name, name: event, version: 1, schema: z.object({}) })
  const ownEvent = (event: string) => own.get(event) ?? (own.set(event, define(event)).get(event) as ReturnType<typeof define>)
  const participant = {
    topic: `shop.${name}`,
    starts: {},
    reactions: reactions.flatMap(({ on, emits }) => {
      const consumed = eventNamed(on)
      return consumed === undefined ? [] : [{ on: consumed, emits: emits.map(ownEvent), needs: [] }]
    }),
  }
  const [flaw] = flaws({ ...choreography, [name]: participant }, { pivot, compensations, terminal })
  if (flaw !== undefined) throw new Misuse(`the choreography would not be sound: ${flaw}`)
}

const parse = (args: readonly string[]) => {
  const text = { type: 'string' } as const
  try {
    const options = { database: text, reacts: text, emits: text, help: { type: 'boolean', default: false } } as const
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new Misuse(`${(error as Error).message.split('. ')[0]} – see --help`)
  }
}

/** @returns `undefined` when help was asked for. @throws Misuse */
export const readRequest = (args: readonly string[]): NewService | undefined => {
  const { values, positionals } = parse(args)
  if (values.help) return undefined
  const [given, ...more] = positionals
  const name = readName(given, more)
  const database = readDatabase(values.database)
  const reactions = readReactions(values.reacts, values.emits)
  requireSound({ name, reactions })
  const port = Math.max(...services.map((s) => s.port)) + 1
  return { name, database, port, reactions, emits: [...new Set(reactions.flatMap((r) => r.emits))] }
}
