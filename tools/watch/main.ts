import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs, styleText } from 'node:util'
import { type Line, Saga, type Seen, type Tone } from './timeline.ts'
import { followTopics } from './topics.ts'

const usage = `npm run watch -- <orderId> | --all  [options]

A saga as it happens, read from the topics: who told what, because of what, and which step it undoes.

  <orderId>        one order, from its beginning; ends when the order has ended
  --all            every order from now on, until Ctrl-C
  --follow         with an order: go on after its end
  --for DURATION   end after so long, for example 30s or 10m; default 10m, with --all 1h
  --json           one JSON object a line, for machines
  --data-dir DIR   of the shop that npm start runs; default .data. KAFKA_BROKERS names other brokers.

With docker compose: docker compose run --rm -T check node tools/watch/main.ts <orderId>

Exit code: 0 the order has ended, or the time with --all; 1 the time was up before; 2 the request makes no sense.`

class Misuse extends Error {}

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

/** @throws Misuse */
const durationMs = (given: string): number => {
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(given) ?? []
  const ms = Number(count) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h']
  if (!(ms > 0 && ms <= 24 * 3_600_000))
    throw new Misuse(`--for ${given}: expected a duration such as 30s, 10m or 1h, at most 24h`)
  return ms
}

interface Request {
  readonly orderId: string | undefined
  readonly follow: boolean
  readonly json: boolean
  readonly forMs: number
  readonly brokers: readonly string[]
}

/** @throws Misuse */
const brokersOf = (dataDir: string | undefined): readonly string[] => {
  const given = process.env.KAFKA_BROKERS
  if (given) return given.split(',')
  const file = join(resolve(process.env.INIT_CWD ?? '.', dataDir ?? join(import.meta.dirname, '../../.data')), 'run.json')
  if (!existsSync(file)) throw new Misuse(`no shop runs here (no ${file}): npm start starts one; with docker compose see --help`)
  return (JSON.parse(readFileSync(file, 'utf8')) as { kafkaBrokers: string }).kafkaBrokers.split(',')
}

/** @throws Misuse */
const readRequest = (args: readonly string[]): Request | undefined => {
  const flag = { type: 'boolean', default: false } as const
  const text = { type: 'string' } as const
  const options = { all: flag, follow: flag, json: flag, for: text, 'data-dir': text, help: { ...flag, short: 'h' } } as const
  let parsed: {
    values: { all: boolean; follow: boolean; json: boolean; help: boolean; for?: string; 'data-dir'?: string }
    positionals: string[]
  }
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw new Misuse(`${(error as Error).message.split('. ')[0]}; --help tells the options`)
  }
  const { values, positionals } = parsed
  if (values.help) return undefined
  const [orderId, ...rest] = positionals
  if ((orderId === undefined) === !values.all || rest.length > 0)
    throw new Misuse('watch what? One order id, or --all; --help tells more')
  if (orderId !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(orderId))
    throw new Misuse(`${orderId} is no order id: expected a UUID, as POST /orders answers it`)
  return {
    orderId: orderId?.toLowerCase(),
    follow: values.follow || values.all,
    json: values.json,
    forMs: durationMs(values.for ?? (values.all ? '1h' : '10m')),
    brokers: brokersOf(values['data-dir']),
  }
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
  const until = Date.now() + forMs
  let told = ''
  while (Date.now() < until && !failed && !interrupted && (follow || !saga?.ended)) {
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

process.stdout.on('error', () => process.exit(0)) // the reader of the pipe has enough
try {
  const request = readRequest(process.argv.slice(2))
  if (request === undefined) console.log(usage)
  else process.exitCode = await watch(request)
} catch (error) {
  console.error(error instanceof Misuse ? error.message : `the topics cannot be read: ${(error as Error).message}`)
  process.exitCode = error instanceof Misuse ? 2 : 1
}
