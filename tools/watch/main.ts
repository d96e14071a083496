import { setTimeout as pause } from 'node:timers/promises'
import { styleText } from 'node:util'
import { command, duration, flag, Misuse, option, path, Refused, runCommand } from '@shop/command-line'
import { brokersOf } from '../running-shop/index.ts'
import { type Line, Saga, type Seen, type Tone } from './timeline.ts'
import { followTopics } from './topics.ts'

const watchCommand = command({
  name: 'watch',
  usage: 'npm run watch -- <orderId> | --all  [options]',
  about: 'A saga as it happens, read from the topics: who told what, because of what, and which step it undoes.',
  operands: [['<orderId>', 'one order, from its beginning; ends when the order has ended']],
  options: {
    all: flag('every order from now on, until Ctrl-C'),
    follow: flag('with an order: go on after its end'),
    for: option(
      'DURATION',
      'end after so long, for example 30s or 10m; default 10m, with --all 1h',
      duration({ msMax: 86_400_000 }),
    ),
    json: flag('one JSON object a line, for machines'),
    'data-dir': option('DIR', 'of the shop that npm start runs; default .data. KAFKA_BROKERS names other brokers', path),
  },
  examples: [
    ['npm run watch -- 01a20552-662b-7438-9929-766f8ecb429c', 'one order'],
    ['npm run watch -- --all --for 30s', 'half a minute of everybody’s'],
    ['docker compose run --rm -T check node tools/watch/main.ts <orderId>', 'the shop of docker compose'],
  ],
  exitCodes:
    '0 the order has ended, or the time with --all; 1 the time was up before, or the topics cannot be read; 2 the request makes no sense',
  endsWithReader: true,
})

const tones: Record<Tone, Parameters<typeof styleText>[0]> = {
  step: 'cyan',
  undone: 'yellow',
  refused: 'magenta',
  done: 'green',
  trouble: 'red',
  quiet: 'dim',
}

const elapsed = (ms: number | undefined): string => (ms === undefined ? '' : `+${(ms / 1_000).toFixed(3)} s`).padStart(11)

const show = (line: Line, withOrder: boolean): string => {
  const { atMs, elapsedMs, orderId, service, what, detail, tone } = line
  const time = new Date(atMs).toISOString().slice(11, 23)
  const order = withOrder ? `${orderId}  ` : ''
  const said = `${service.padEnd(12)}  ${what.padEnd(26)}`
  return `${styleText('dim', time)} ${elapsed(elapsedMs)}  ${order}${styleText(tones[tone], said)}  ${styleText('dim', detail)}`.trimEnd()
}

interface Request {
  readonly orderId: string | undefined
  readonly follow: boolean
  readonly json: boolean
  readonly forMs: number
  readonly brokers: readonly string[]
}

const hourMs = 3_600_000
const orderForMs = 600_000

/** @throws Misuse */
const requireOrder = (operands: readonly string[], all: boolean): string | undefined => {
  const [orderId, ...rest] = operands
  if ((orderId === undefined) === !all || rest.length > 0)
    throw new Misuse('watch what? One order id, or --all; --help tells more')
  if (orderId !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(orderId))
    throw new Misuse(`${orderId} is no order id: expected a UUID, as POST /orders answers it`)
  return orderId?.toLowerCase()
}

const sagasMax = 10_000

/** The sagas that are watched; with --all the latest ones. */
const sagas = () => {
  const byOrder = new Map<string, Saga>()
  return (orderId: string): Saga => {
    const saga = byOrder.get(orderId) ?? new Saga()
    byOrder.delete(orderId)
    byOrder.set(orderId, saga)
    const [oldest] = byOrder.keys()
    if (byOrder.size > sagasMax && oldest !== undefined) byOrder.delete(oldest)
    return saga
  }
}

const watch = async ({ orderId, follow, json, forMs, brokers }: Request): Promise<number> => {
  const sagaOf = sagas()
  let failed: Error | undefined
  let interrupted = false
  process.on('SIGINT', () => {
    interrupted = true
  })
  /** What is on the topics already, which are read one beside the other: told in the order of its times. */
  let past: Seen[] | undefined = orderId === undefined ? undefined : []
  const onSeen = (seen: Seen) => {
    if (orderId !== undefined && seen.orderId !== orderId) return
    if (past) past.push(seen)
    else tell(seen)
  }
  const tell = (seen: Seen) => {
    const line = sagaOf(seen.orderId).see(seen)
    const { data: _, ...plain } = seen
    console.log(json ? JSON.stringify({ ...plain, ...line }) : show(line, orderId === undefined))
  }
  // One order is read from the beginning: its id may be of any age. All orders, from now on.
  const sinceMs = orderId === undefined ? Date.now() : undefined
  const following = await followTopics({ brokers, sinceMs, onSeen, onFailed: (error) => (failed = error) })
  const saga = orderId === undefined ? undefined : sagaOf(orderId)
  const until = performance.now() + forMs
  let told = ''
  while (performance.now() < until && !failed && !interrupted && (follow || !saga?.ended)) {
    await pause(100)
    if (past && !following.caughtUp()) continue
    const now = past ?? []
    past = undefined
    for (const seen of now.sort((a, b) => a.atMs - b.atMs)) tell(seen)
    const awaited = saga?.awaited() ?? []
    const said = awaited.length === 0 ? 'nothing of this order is on the topics yet' : `waiting for ${awaited.join('; ')}`
    if (saga && !saga.ended && !json && said !== told) {
      console.log(styleText('dim', `${' '.repeat(26)}${said}`))
      told = said
    }
  }
  await following.stop()
  if (failed) throw failed
  return orderId === undefined || saga?.ended || interrupted ? 0 : 1
}

await runCommand(watchCommand, async ({ options, operands }) => {
  const { all, follow, json } = options
  const orderId = requireOrder(operands, all)
  const forMs = options.for ?? (all ? hourMs : orderForMs)
  const brokers = brokersOf({ dataDir: options['data-dir'] })
  try {
    return await watch({ orderId, follow: follow || all, json, forMs, brokers })
  } catch (error) {
    throw new Refused(`the topics cannot be read: ${(error as Error).message}`, { cause: error })
  }
})
