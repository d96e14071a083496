/**
 * Three brokers under load, one of them killed: `npm run test:cluster [-- --orders N] [-- --json]`. Prints what was placed and what became
 * of it, the longest stall, and the violations; exits with 1 unless there are none and every order has ended.
 */
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { compose } from './project.ts'

const { values } = parseArgs({
  options: { orders: { type: 'string', default: '600' }, json: { type: 'boolean', default: false } },
})
const ordersTotal = Math.min(10_000, Math.max(10, Number(values.orders) || 600))
const ordersPerSecond = 20
const orderMsMax = 300_000
/** Hundreds of orders are followed at once on the machine that runs the shop: asking more often would be the load. */
const pollMsMin = 1_000
const pollMsMax = 5_000
const pollGrowth = 1.3
const overlay = ['-f', 'docker-compose.yml', '-f', 'infra/docker/compose.cluster.yaml']
const base = 'http://127.0.0.1:3001/orders'

const say = (line: string): void => console.error(`cluster: ${line}`)
const cluster = (args: readonly string[], boundMs?: number) => compose([...overlay, ...args], boundMs)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Most are good; of each thirty one cannot be paid, one is out of stock and one is not served. */
const body = (i: number): string =>
  JSON.stringify({
    customerId: i % 30 === 3 ? 'bob' : `load-${String((i % 100) + 1).padStart(3, '0')}`,
    lines: [{ sku: i % 30 === 13 ? 'unicorn' : i % 30 === 3 ? 'laptop' : 'sticker', quantity: 1 }],
    shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: i % 30 === 23 ? 'AQ' : 'DE' },
  })

/** Asks until there is an answer that `accept` takes; faults of the way count as none. @throws Error after five minutes. */
const insist = async <T>(ask: () => Promise<Response>, accept: (status: number, json: T) => boolean): Promise<T> => {
  const deadline = Date.now() + orderMsMax
  for (let pollMs = pollMsMin; ; pollMs = Math.min(pollMsMax, pollMs * pollGrowth)) {
    const answer = await ask().catch(() => undefined)
    const json = answer?.headers.get('content-type')?.includes('application/json') ? ((await answer.json()) as T) : undefined
    if (answer && json !== undefined && accept(answer.status, json)) return json
    if (Date.now() > deadline) throw new Error(`no answer within ${orderMsMax / 1_000} s`)
    await pause(pollMs)
  }
}

interface View {
  readonly orderId: string
  readonly status: string
}

const endedAtMs: number[] = []
const outcomes = new Map<string, number>()

/** Places an order as a client that asks again with the same key, and follows it to its end. */
const follow = async (i: number, run: string): Promise<void> => {
  const headers = { 'content-type': 'application/json', 'Idempotency-Key': `${run}-${i}` }
  const signal = () => AbortSignal.timeout(5_000)
  const { orderId } = await insist<View>(
    () => fetch(base, { method: 'POST', headers, body: body(i), signal: signal() }),
    (status) => status === 201,
  )
  const { status } = await insist<View>(
    () => fetch(`${base}/${orderId}`, { signal: signal() }),
    (code, order) => code === 200 && (order.status === 'CONFIRMED' || order.status === 'CANCELLED'),
  )
  endedAtMs.push(Date.now())
  outcomes.set(status, (outcomes.get(status) ?? 0) + 1)
}

const load = async () => {
  const run = randomUUID()
  const following: Promise<unknown>[] = []
  for (let i = 0; i < ordersTotal; i++) {
    following.push(follow(i, run).catch((error: Error) => say(`order ${i}: ${error.message}`)))
    if (i % 100 === 99) say(`${i + 1} placed, ${endedAtMs.length} ended`)
    if (i === Math.floor(ordersTotal / 3)) {
      say('killing broker kafka-2')
      await cluster(['kill', 'kafka-2'])
    }
    await pause(1_000 / ordersPerSecond)
  }
  await Promise.all(following)
}

/** The longest time, in seconds, in which no order ended. */
const longestStallSeconds = (): number => {
  const sorted = [...endedAtMs].sort((a, b) => a - b)
  return Math.max(0, ...sorted.slice(1).map((at, i) => at - (sorted[i] ?? at))) / 1_000
}

try {
  await cluster(['down', '--volumes'])
  say('building and starting three brokers and the shop …')
  await cluster(['up', '-d', '--build', '--wait'], 600_000).catch(async (error) => {
    console.error(await cluster(['logs', '--tail', '5']).catch(String))
    throw error
  })
  await load()
  say('checking')
  const check = await cluster(['run', '--rm', '-T', 'check', 'node', 'tools/check/main.ts', '--wait', '60'], 180_000).then(
    (output) => ({ holds: true, output }),
    (error: Error) => ({ holds: false, output: error.message }),
  )
  const violations = Number(/(\d+) violated/.exec(check.output)?.[1] ?? Number.NaN)
  const stuck = ordersTotal - endedAtMs.length
  const result = {
    placed: ordersTotal,
    confirmed: outcomes.get('CONFIRMED') ?? 0,
    cancelled: outcomes.get('CANCELLED') ?? 0,
    stuck,
    longestStallSeconds: Number(longestStallSeconds().toFixed(1)),
    violations,
  }
  if (values.json) console.log(JSON.stringify(result))
  else for (const [name, figure] of Object.entries(result)) console.log(`${name.padEnd(20)} ${figure}`)
  if (!check.holds) console.error(check.output)
  process.exitCode = check.holds && stuck === 0 ? 0 : 1
} finally {
  await cluster(['down', '--volumes', '--timeout', '20'])
}
