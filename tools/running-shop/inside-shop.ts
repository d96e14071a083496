import { Refused } from './refused.ts'
import type { Access, ShopTarget } from './shop-target.ts'

const only = (): never => {
  throw new Refused('inside the network of compose there is only the broker and the databases')
}

/** What a container of compose's network reaches: the broker and the databases, as its environment names them. */
export const insideShop = (env: NodeJS.ProcessEnv): ShopTarget => {
  const { KAFKA_BROKERS, POSTGRES_URL, MONGO_URL } = env
  if (!KAFKA_BROKERS || !POSTGRES_URL || !MONGO_URL)
    throw new Refused('--target inside needs KAFKA_BROKERS, POSTGRES_URL and MONGO_URL in the environment')
  const access: Access = { brokers: KAFKA_BROKERS.split(','), postgresUrl: POSTGRES_URL, mongoUrl: MONGO_URL }
  const url = (service: string) => `http://${service}`
  return { kind: 'inside', access, act: only, poison: only, admin: only, url, heal: only }
}
