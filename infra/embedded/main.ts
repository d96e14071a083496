import { join } from 'node:path'
import { helpOf, runMain } from '@shop/command-line'
import { readArguments, startCommand } from './arguments.ts'
import { buildPage } from './page.ts'
import { commandLine, parentOf } from './process-identity.ts'
import { step } from './progress.ts'
import { type Shop, startShop } from './shop.ts'
import { StartRefusal } from './start-refusal.ts'

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
    log(`${why}: stopping the services, the broker and the databases (a second Ctrl-C ends them at once)`)
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

const main = async (given: readonly string[]): Promise<number> => {
  const args = readArguments(given)
  if (args === undefined) {
    console.log(helpOf(startCommand))
    return 0
  }
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

if (import.meta.main) {
  // when the terminal is gone, SIGHUP follows, and the frame lets stopping in order go on without it
  await runMain(startCommand, main)
  process.exit()
}
