/** A variant's shop as its users and its operators see it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { VariantName } from '@shop/manifest/variants'
import { startOwnShop } from '../odd-records/own-shop.ts'

export interface OrderView {
  readonly orderId: string
  readonly status: 'PENDING' | 'CANCELLING' | 'CONFIRMED' | 'CANCELLED'
  readonly reason?: string
}

export interface Answer<Body> {
  readonly status: number
  readonly location: string | null
  readonly body: Body
}

const root = join(import.meta.dirname, '../..')
const answerMsMax = 60_000
const commandMsMax = 120_000
const pollMs = 50

export const basket = (customerId = 'alice', sku = 'keyboard', country = 'DE') => ({
  customerId,
  lines: [{ sku, quantity: 1 }],
  shippingAddress: { name: 'A. Customer', street: 'Main St 1', city: 'Berlin', postalCode: '10115', country },
})

/** Asks until it holds; what fails counts as not yet. @throws Error with the last answer */
export const eventually = async <T>(ask: () => Promise<T>, holds: (answer: T) => boolean, boundMs = 30_000): Promise<T> => {
  const deadline = performance.now() + boundMs
  for (let last: unknown; ; ) {
    try {
      const answer = await ask()
      if (holds(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline)
      throw new Error(`not within ${boundMs} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

export const startVariant = async (variant: VariantName) => {
  const own = await startOwnShop({ say: (line) => console.log(`${variant}: ${line}`), variant })
  const { urls, dataDir, backends, services } = own.shop

  const ask = async <Body>(service: string, path: string, json?: unknown): Promise<Answer<Body>> => {
    const answer = await fetch(`${urls[service]}${path}`, {
      method: json === undefined ? 'GET' : 'POST',
      signal: AbortSignal.timeout(answerMsMax),
      ...(json === undefined ? {} : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
    })
    return { status: answer.status, location: answer.headers.get('location'), body: (await answer.json()) as Body }
  }

  /** A command of the repository, against this shop. */
  const run = (path: string, ...args: string[]): Promise<{ readonly code: number; readonly output: string }> =>
    new Promise((resolve) =>
      execFile(
        process.execPath,
        [join(root, path), ...args, '--data-dir', dataDir],
        { timeout: commandMsMax },
        (error, out, err) => resolve({ code: error ? Number(error.code ?? -1) : 0, output: out + err }),
      ),
    )

  return {
    ask,
    run,
    services,
    stop: own.stop,
    place: (body: ReturnType<typeof basket>) => ask<OrderView>('order', '/orders', body),
    order: async (orderId: string) => (await ask<OrderView>('order', `/orders/${orderId}`)).body,
    check: (...args: string[]) => run('tools/check/main.ts', ...args),
    isReady: (service: string) =>
      eventually(
        () => ask(service, '/readyz'),
        ({ status }) => status === 200,
      ),
    /** Of an administrator. */
    databaseUrl: (service: string): string => {
      const url = new URL(backends.postgresUrl)
      url.pathname = `/shop_${service}`
      return url.href
    },
  }
}

export type VariantShop = Awaited<ReturnType<typeof startVariant>>
