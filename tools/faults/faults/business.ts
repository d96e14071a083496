/** Refusals of the business: no machine is broken, a service says no. */

import { durationText, Refused } from '@shop/command-line'
import type { ShopTarget } from '../../running-shop/index.ts'
import type { Effect, Fault, Given, Parameter } from '../fault.ts'

const percent: Parameter = { name: 'percent', about: 'of the orders, chosen by their ids', range: [1, 100], fallback: 100 }

/** Switches it on in each process of the service. */
const refuse = async (shop: ShopTarget, service: string, refusal: object, given: Given, did: string): Promise<Effect> => {
  const answers = (await shop.admin(service, 'POST', '/refusals', { ...refusal, forMs: given.forMs })) as { id: string }[]
  if (answers.length === 0) throw new Refused(`${service} does not run`)
  return {
    did: `${did}, for ${durationText(given.forMs)}`,
    watch: [`curl -s '${shop.url('order')}/orders?status=CANCELLED&limit=5'`],
    // a process that was started again has forgotten it
    end: async () => void (await shop.admin(service, 'DELETE', '/refusals').catch(() => {})),
  }
}

export const businessFaults: readonly Fault[] = [
  {
    name: 'refuse-payments',
    group: 'business',
    about: 'payment declines orders, whatever the account says',
    positionals: [percent],
    options: [],
    forMs: 60_000,
    needs: 'faults',
    begin: (shop, given) => {
      const did = `payment declines ${given.number('percent')} % of the orders (payment_refused)`
      return refuse(shop, 'payment', { what: 'payments', percent: given.number('percent') }, given, did)
    },
  },
  {
    name: 'no-stock',
    group: 'business',
    about: 'inventory has nothing of a SKU, whatever is there',
    positionals: [{ name: 'sku', about: 'such as keyboard' }],
    options: [],
    forMs: 60_000,
    needs: 'faults',
    begin: (shop, given) => {
      const sku = given.text('sku')
      return refuse(shop, 'inventory', { what: 'stock', sku }, given, `inventory has no ${sku} (out_of_stock)`)
    },
  },
  {
    name: 'reject-deliveries',
    group: 'business',
    about: 'delivery rejects orders, wherever they go',
    positionals: [percent],
    options: [],
    forMs: 60_000,
    needs: 'faults',
    begin: (shop, given) => {
      const did = `delivery rejects ${given.number('percent')} % of the orders (no_carrier)`
      return refuse(shop, 'delivery', { what: 'deliveries', percent: given.number('percent') }, given, did)
    },
  },
]
