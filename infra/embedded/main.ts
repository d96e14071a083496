import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './backends.ts'
import { buildPage } from './page.ts'
import { commandLine, parentOf } from './process-identity.ts'
import { step } from './progress.ts'
import { type Shop, startShop } from './shop.ts'
import { StartRefusal } from './start-refusal.ts'

const usage = `npm start [-- options]

Starts PostgreSQL, Kafka, MongoDB, the services and the dashboard, and keeps them running until Ctrl-C.

  --fresh           begin anew: delete what former runs stored
  --faults          makes every fault of npm run fault possible: proxies before Kafka and the databases, fault points in the services
  --data-dir DIR    where data and logs are kept; default .data
  --no-dashboard    the services alone
  --help            this text

Environment
  KAFKA_BROKERS, POSTGRES_URL, MONGO_URL    use these servers instead of embedded ones
  POSTGRES_PORT (5433), KAFKA_PORT (9092), KAFKA_CONTROLLER_PORT (9093), MONGO_PORT (27017)
  <SERVICE>_PORT, for example ORDER_PORT (3001)
  SHOP_DB_PASSWORD                          of the services' database roles; default 'shop'
  SHOP_FAULTS=true                          as --faults
  ADMIN_TOKEN                               of the services' admin routes; default a random one, in <data folder>/run.json
  DASHBOARD_ACTIONS (true)                  whether the dashboard may do what needs the token
  Everything else is passed to the services.`

interface Arguments {
  fresh: boolean
  faults: boolean
  dashboard: boolean
  dataDir: string
}

/** The arguments, or what is to be printed instead of a start, and the exit code. */
export const readArguments = (args: readonly string[], cwd: string): Arguments | { text: string; exitCode: number } => {
  try {
    const flag = { type: 'boolean' } as const
    const options = {
      fresh: flag,
      faults: flag,
      'no-dashboard': flag,
      'data-dir': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const
    const { values } = parseArgs({ args: [...args], options, strict: true })
    if (values.help) return { text: usage, exitCode: 0 }
    if (values['data-dir'] === '') return { text: '--data-dir needs a folder', exitCode: 2 }
    return {
      fresh: values.fresh ?? false,
      faults: values.faults ?? process.env.SHOP_FAULTS === 'true',
      dashboard: !values['no-dashboard'],
      dataDir: values['data-dir'] === undefined ? join(root, '.data') : resolve(cwd, values['data-dir']),
    }
  } catch (error) {
    // Node appends advice on '--' that is of no use here
    const [what] = (error as Error).message.split(/\. To specify|\. Did you/)
    return { text: `${what}. 'npm start -- --help' tells the options`, exitCode: 2 }
  }
}

const readyText = ({ urls, dataDir, adminToken }: Shop): string => {
  const width = Math.max(...Object.keys(urls).map((name) => name.length))
  const services = Object.entries(urls).map(([name, url]) => `  ${name.padEnd(width)}  ${url}`)
  const order = `{"customerId":"alice","lines":[{"sku":"keyboard","quantity":1}],"shippingAddress":{"name":"Alice","street":"Main St 1","city":"Berlin","postalCode":"10115","country":"DE"}}`
  const orders = urls.order?.replace('http://127.0.0.1', 'localhost')
  const tryIt = orders
    ? [
        '',
        'place an order:',
        `  curl -s -X POST ${orders}/orders -H 'content-type: application/json' -d '${order}'`,
        'and see what became of it:',
        `  curl -s ${orders}/orders/<orderId>`,
      ]
    : []
  // The token stands behind the #, which a browser keeps to itself.
  const watch = urls.dashboard ? ['', 'see it all, with the right to break it:', `  ${urls.dashboard}/#token=${adminToken}`] : []
  return [
    '',
    'the shop is ready',
    ...services,
    ...watch,
    ...tryIt,
    '',
    `logs: ${join(dataDir, 'logs')}`,
    'stop: Ctrl-C',
    '',
  ].join('\n')
}

/** npm passes signals on, but not when it is killed hard: then we would run on unseen. Between npm and us there may be its shell. */
const watchNpm = (): (() => boolean) => {
  const parent = process.ppid
  const npm = commandLine(parent).startsWith('sh -c ') ? parentOf(parent) : undefined
  return () => process.ppid === parent && (npm === undefined || parentOf(parent) === npm)
}

/** Aborted by the first Ctrl-C, SIGTERM, SIGHUP, or when npm is gone; the second one ends us at once, and the orphan guard the rest. */
const endOnRequest = (log: (line: string) => void): AbortSignal => {
  const ending = new AbortController()
  const end = (why: string) => {
    if (ending.signal.aborted) {
      log(`${why} again: ending everything at once`)
      process.exit(1)
    }
    log(`${why}: stopping the services, Kafka and the databases (a second Ctrl-C ends them at once)`)
    ending.abort(new Error(why))
  }
  process.on('SIGINT', () => end('Ctrl-C'))
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGHUP', () => end('SIGHUP'))
  if (process.env.npm_lifecycle_event === 'start') {
    const npmIsThere = watchNpm()
    const watch = setInterval(() => {
      if (npmIsThere()) return
      clearInterval(watch)
      end('npm is gone')
    }, 1_000)
    watch.unref()
  }
  return ending.signal
}

const main = async (): Promise<number> => {
  const args = readArguments(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd())
  if ('text' in args) {
    ;(args.exitCode === 0 ? console.log : console.error)(args.text)
    return args.exitCode
  }
  process.stdout.on('error', () => {}) // the terminal is gone: SIGHUP follows, and stopping in order must not fail for want of it
  process.stderr.on('error', () => {})
  const log = (line: string) => console.log(line)
  const signal = endOnRequest(log)
  try {
    if (args.dashboard) await buildPage(log)
    const shop = await startShop({ ...args, log, signal })
    log(readyText(shop))
    await aborted(signal)
    await step(log, 'stopping', shop.stop, () => 'all stopped')
    return 0
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      log('all stopped')
      return 0
    }
    // a fault of ours shows where it is; what the person at the console can mend does not need that
    const expected = error instanceof StartRefusal || (error as Error).name === 'Error'
    console.error(
      `the shop ${signal.aborted ? 'did not stop in order' : 'cannot start'}: ${expected ? (error as Error).message : (error as Error).stack}`,
    )
    return 1
  }
}

const aborted = async (signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const alive = setInterval(() => {}, 60_000) // a listener alone keeps no process alive
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  await promise
  clearInterval(alive)
}

if (import.meta.main) process.exit(await main())
