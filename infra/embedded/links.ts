import { join } from 'node:path'
import type { ServiceEntry } from '@shop/manifest'
import type { LinkOptions } from '../proxies/link.ts'
import type { KafkaListener } from './kafka.ts'
import { freePorts, loopback } from './ports.ts'
import type { Command } from './supervisor.ts'

export interface LinkedService {
  readonly name: string
  /** the listener of Kafka that is advertised with the address of this service's proxy */
  readonly listener: KafkaListener
  readonly databasePort: number
}

/** The proxies between the services and what they use. Kafka's clients connect to what it advertises, so each service has a listener. */
export interface Links {
  readonly services: readonly LinkedService[]
  readonly controlPort: number
  readonly controlUrl: string
}

export const planLinks = async (services: readonly ServiceEntry[]): Promise<Links> => {
  const [controlPort = 0, ...ports] = await freePorts(1 + 3 * services.length)
  return {
    controlPort,
    controlUrl: `http://${loopback}:${controlPort}`,
    services: services.map(({ name }, i) => {
      const [port = 0, advertisedPort = 0, databasePort = 0] = ports.slice(3 * i)
      return { name, listener: { name: name.toUpperCase().replaceAll('-', '_'), port, advertisedPort }, databasePort }
    }),
  }
}

/** The same address through the service's proxy. */
export const throughProxy = (databaseUrl: string, port: number): string => {
  const url = new URL(databaseUrl)
  url.host = `${loopback}:${port}`
  return url.href
}

const proxiesMain = join(import.meta.dirname, '..', 'proxies', 'proxies.ts')

export interface Behind {
  /** by service, without a proxy */
  readonly databaseUrls: Readonly<Record<string, string>>
  /** of a broker other than Kafka, which has one address for all */
  readonly brokerUrl?: string | undefined
}

export const commandOfProxies = (
  links: Links,
  { databaseUrls, brokerUrl }: Behind,
  token: string,
  logFile: string,
  env: NodeJS.ProcessEnv,
): Command => {
  const brokerPort = brokerUrl === undefined ? undefined : Number(new URL(brokerUrl).port)
  const options = links.services.flatMap(({ name, listener, databasePort }): LinkOptions[] => {
    const database = new URL(databaseUrls[name] ?? '')
    const at = { host: loopback, toHost: loopback }
    return [
      { ...at, name: `${name}-kafka`, port: listener.advertisedPort, toPort: brokerPort ?? listener.port },
      { ...at, name: `${name}-database`, port: databasePort, toHost: database.hostname, toPort: Number(database.port) },
    ]
  })
  return {
    name: 'proxies',
    args: [proxiesMain],
    cwd: import.meta.dirname,
    env: { ...env, LINKS: JSON.stringify(options), PORT: String(links.controlPort), HOST: loopback, ADMIN_TOKEN: token },
    readyUrl: `${links.controlUrl}/readyz`,
    logFile,
  }
}
