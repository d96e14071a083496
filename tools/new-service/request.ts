/** What is asked for on the command line, and whether the shop can have it. Nothing is written here. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { allEvents, choreography, compensations, eventNamed, flaws, pivot, terminal } from '@shop/choreography'
import { command, type Given, Misuse, oneOf, option, text } from '@shop/command-line'
import { type DatabaseKind, serviceNamed, services } from '@shop/manifest'
import { z } from 'zod'

export const newServiceCommand = command({
  name: 'new-service',
  usage: 'npm run new-service -- <name> --database postgres|mongo --reacts EVENTS [--emits EVENTS]',
  about: `Makes a further service of the shop: its folder with an aggregate that notes each event once, reactions, store, HTTP, a test and
its events; its lines in the choreography and the manifest; and all that is generated from these. It prints what it made and changed.`,
  operands: [['<name>', 'kebab-case, such as loyalty']],
  options: {
    database: option('KIND', 'where its state, inbox and outbox are: postgres or mongo', oneOf(['postgres', 'mongo'])),
    reacts: option(
      'EVENTS',
      'what it consumes, separated by commas; what it may emit because of\none stands behind a colon, several joined by +',
      text,
    ),
    emits: option('EVENTS', 'new events that each reaction without a colon may emit', text),
  },
  examples: [
    ['npm run new-service -- loyalty --database postgres --reacts OrderConfirmed', 'emits nothing'],
    ['npm run new-service -- loyalty --database mongo --reacts OrderPlaced,OrderConfirmed:PointsGranted', 'emits one event'],
  ],
  exitCodes: '0 done; 1 something is not as expected; 2 the request makes no sense, and nothing was changed',
})

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
/** Names of the workspace's other packages, of compose's other containers, and of what a service's files are or use. */
const taken = new Set([
  ...readdirSync(join(import.meta.dirname, '../../packages')),
  ...['kafka', 'postgres', 'mongo', 'init', 'gateway', 'check', 'proxies', 'connect', 'connectors', 'infra', 'tools', 'test'],
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

/** @throws Misuse */
export const readRequest = ({ operands, options }: Given<typeof newServiceCommand.options>): NewService => {
  const [given, ...more] = operands
  const name = readName(given, more)
  const { database } = options
  if (database === undefined) throw new Misuse('--database is missing: postgres or mongo')
  const reactions = readReactions(options.reacts, options.emits)
  requireSound({ name, reactions })
  const port = Math.max(...services.map((s) => s.port)) + 1
  return { name, database, port, reactions, emits: [...new Set(reactions.flatMap((r) => r.emits))] }
}
