import { lookup } from 'node:dns/promises'
import { Refused } from '@shop/command-line'
import { serviceNamed } from '@shop/manifest'
import { askJson } from './ask.ts'
import type { ShopTarget } from './shop-target.ts'
import type { ActiveToxic } from './toxics.ts'
import { accessOf, servicesOf } from './whereabouts.ts'

const answerMsMax = 60_000
const enable =
  'start the shop, and this container, with: docker compose -f docker-compose.yml -f infra/docker/compose.faults.yaml up | run …'

const noEngine = (): never => {
  throw new Refused('a container cannot ask the engine to end, stop or start others: npm run fault, where docker compose is')
}

/** What a container of compose's network reaches, as its environment names it: everything but the engine that runs the containers. */
export const insideShop = (env: NodeJS.ProcessEnv): ShopTarget => {
  const broker = env.BROKER_URL ? [] : ['KAFKA_BROKERS']
  const missing = [...broker, 'POSTGRES_URL', 'MONGO_URL', 'SERVICE_URLS'].filter((name) => !env[name])
  if (missing.length > 0) throw new Refused(`--target inside needs ${missing.join(', ')} in the environment`)
  const { urls, adminToken: token } = servicesOf({ env })
  const proxies = env.PROXIES_URL

  const admin: ShopTarget['admin'] = async (service, method, path, body) => {
    const replicas = await replicasOf(urls[service] ?? '')
    const answers = replicas.map((url) => askJson(`${url}/admin${path}`, { method, body, token, answerMsMax }))
    return await Promise.all(answers).catch((error: Error) => {
      throw error.message.includes('does not exist') ? new Refused(`the services know no faults: ${enable}`) : error
    })
  }

  return {
    kind: 'inside',
    access: accessOf({ env }),
    act: noEngine,
    admin,
    poison: async (service, party, toxic, forMs) => {
      if (!proxies) throw new Refused(`no proxies stand between the services and what they use: ${enable}`)
      const url = `${proxies}/links/${service}-${party}/toxics`
      const { id } = (await askJson(url, { method: 'POST', body: { toxic, forMs }, token, answerMsMax })) as ActiveToxic
      // it may have ended by itself
      return async () => void (await askJson(`${url}/${id}`, { method: 'DELETE', token, answerMsMax }).catch(() => {}))
    },
    // where the machine that runs compose finds it: that is where whoever reads this is
    url: (service) => `http://127.0.0.1:${serviceNamed(service)?.port ?? 0}`,
    heal: async () => {
      if (proxies) await askJson(`${proxies}/toxics`, { method: 'DELETE', token, answerMsMax })
      for (const name of Object.keys(urls))
        for (const kind of ['faults', 'refusals']) await admin(name, 'DELETE', `/${kind}`).catch(() => {})
      return ['no more toxics, fault points and refusals']
    },
  }
}

/** The same URL with the address of each container that has this name. @throws Refused when none has */
const replicasOf = async (url: string): Promise<readonly string[]> => {
  const { hostname, port } = new URL(url)
  const found = await lookup(hostname, { all: true, family: 4 }).catch(() => {
    throw new Refused(`${hostname} does not run`)
  })
  return found.map(({ address }) => `http://${address}:${port}`)
}
