/** Orders of a shop of its own, and what heals them: `npm run tell-again`. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { OrderState } from '../chaos/load.ts'
import { readOrders } from '../chaos/load.ts'
import type { OwnShop } from '../odd-records/own-shop.ts'

const address = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'DE' }
const answerMsMax = 10_000
const attemptsMax = 60
const retryMs = 500

/** Of twenty orders one each has a customer without money, wants what there is none of, goes where nobody delivers, and is cancelled at once. */
const bodyOf = (i: number) => ({
  customerId: i % 20 === 3 ? 'bob' : `load-${String(1 + (i % 100)).padStart(3, '0')}`,
  lines: [{ sku: i % 20 === 3 ? 'laptop' : i % 20 === 8 ? 'unicorn' : 'sticker', quantity: 1 + (i % 2) }],
  shippingAddress: { ...address, country: i % 20 === 13 ? 'AQ' : 'DE' },
})

const insist = async (ask: () => Promise<Response>): Promise<Response> => {
  for (let attempt = 1; ; attempt++) {
    const answer = await ask().catch((error: Error) => error)
    if (answer instanceof Response && answer.ok) return answer
    if (attempt >= attemptsMax) throw new Error(`no order was taken: ${answer instanceof Error ? answer.message : answer.status}`)
    await pause(retryMs)
  }
}

/** Places so many orders, some at a time. @param onPlaced is told how many there are. @returns their ids. @throws Error when one is not taken */
export const placeMany = async (
  { shop }: OwnShop,
  count: number,
  { atOnce = 10, onPlaced }: { readonly atOnce?: number; readonly onPlaced?: (count: number) => void } = {},
): Promise<readonly string[]> => {
  const url = `${shop.urls.order}/orders`
  const ids: string[] = []
  let next = 0
  const signal = () => AbortSignal.timeout(answerMsMax)
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      const headers = { 'content-type': 'application/json' }
      const answer = await insist(() =>
        fetch(url, { method: 'POST', headers, body: JSON.stringify(bodyOf(i)), signal: signal() }),
      )
      const { orderId } = (await answer.json()) as { orderId: string }
      ids.push(orderId)
      if (i % 20 === 18) await fetch(`${url}/${orderId}/cancel`, { method: 'POST', signal: signal() }).catch(() => {})
      onPlaced?.(ids.length)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return ids
}

/** Those that have not ended. */
export const openOrders = async ({ shop }: OwnShop): Promise<readonly OrderState[]> => {
  const url = shop.urls.order ?? ''
  return (await Promise.all(['PENDING', 'CANCELLING'].map((status) => readOrders(url, status)))).flat()
}

/** Waits until no order is open. @returns how many still are after that time */
export const awaitEnds = async (own: OwnShop, msMax: number): Promise<number> => {
  const until = performance.now() + msMax
  for (;;) {
    const { length } = await openOrders(own)
    if (length === 0 || performance.now() > until) return length
    await pause(retryMs)
  }
}

const readyMsMax = 120_000

/** Starts services that were halted, and waits until each is ready. @throws Error when one is not two minutes later */
export const startAgain = async ({ shop }: OwnShop, names: Iterable<string>): Promise<void> => {
  for (const name of names) {
    await shop.services.start(name)
    const until = performance.now() + readyMsMax
    const isReady = () =>
      fetch(`${shop.urls[name]}/readyz`, { signal: AbortSignal.timeout(answerMsMax) }).then(
        (answer) => answer.ok,
        () => false,
      )
    while (!(await isReady())) {
      if (performance.now() > until) throw new Error(`${name} is not ready ${readyMsMax / 1_000} s after its start`)
      await pause(retryMs)
    }
  }
}

const main = join(import.meta.dirname, '../../tools/tell-again/main.ts')
const commandMsMax = 120_000

/** `npm run tell-again -- …`. @returns what it printed. @throws Error with that when it fails */
export const tellAgain = ({ shop }: OwnShop, ...args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) =>
    execFile(process.execPath, [main, ...args, '--data-dir', shop.dataDir], { timeout: commandMsMax }, (error, stdout, stderr) =>
      error ? reject(new Error(`tell-again: ${stdout}${stderr}`)) : resolve(stdout),
    ),
  )
