import { Refused } from '@shop/command-line'
import type { ShopTarget } from './shop-target.ts'
import { accessOf } from './whereabouts.ts'

const only = (): never => {
  throw new Refused('inside the network of compose there is only the broker and the databases')
}

/** What a container of compose's network reaches: the broker and the databases, as its environment names them. */
export const insideShop = (env: NodeJS.ProcessEnv): ShopTarget => {
  if (!env.KAFKA_BROKERS || !env.POSTGRES_URL || !env.MONGO_URL)
    throw new Refused('--target inside needs KAFKA_BROKERS, POSTGRES_URL and MONGO_URL in the environment')
  const url = (service: string) => `http://${service}`
  return { kind: 'inside', access: accessOf({ env }), act: only, poison: only, admin: only, url, heal: only }
}
