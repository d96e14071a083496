import { Refused } from '@shop/command-line'
import { serviceNamed } from '@shop/manifest'
import { askJson } from './ask.ts'
import type { DoorState } from './door-state.ts'
import { type RunRecord, readRunRecord } from './run-record.ts'
import type { Access, Party, ProcessAction, ShopTarget } from './shop-target.ts'
import type { ActiveToxic, Toxic } from './toxics.ts'

const answerMsMax = 120_000
const enable = 'start the shop with: npm start -- --faults'

/** The shop of `npm start`: its main process is asked through its door, the proxies and services directly. */
export class EmbeddedShop implements ShopTarget {
  readonly kind = 'embedded'
  readonly access: Access
  readonly #door: string
  readonly #token: string

  constructor({ doorUrl, adminToken, kafkaBrokers, brokerUrl = kafkaBrokers, postgresUrl, mongoUrl }: RunRecord) {
    if (doorUrl === undefined) throw new Refused('the shop is still starting: try again when it is ready')
    this.#door = doorUrl
    this.#token = adminToken
    this.access = { brokers: brokerUrl.split(','), postgresUrl, mongoUrl }
  }

  /** undefined when none runs with its data in this folder */
  static find(dataDir: string): EmbeddedShop | undefined {
    const { record } = readRunRecord(dataDir)
    return record && new EmbeddedShop(record)
  }

  async act(action: ProcessAction, name: string, options: { forMs?: number; to?: number } = {}): Promise<void> {
    await this.#ask(this.#door, 'POST', '', { action, name, ...options })
  }

  async poison(service: string, party: Party, toxic: Toxic, forMs: number): Promise<() => Promise<void>> {
    const proxies = await this.#proxies()
    const path = `/links/${service}-${party}/toxics`
    const { id } = (await this.#ask(proxies, 'POST', path, { toxic, forMs })) as ActiveToxic
    // it may have ended by itself
    return async () => void (await this.#ask(proxies, 'DELETE', `${path}/${id}`).catch(() => {}))
  }

  async admin(service: string, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<readonly unknown[]> {
    const { services, faultsEnabled } = await this.state()
    if (!faultsEnabled) throw new Refused(`the services know no faults: ${enable}`)
    const processes = Object.entries(services).filter(([name]) => name === service || name.startsWith(`${service}-`))
    return await Promise.all(processes.map(([, { url }]) => this.#ask(url, method, `/admin${path}`, body)))
  }

  url(service: string): string {
    const { port } = serviceNamed(service) ?? { port: 0 }
    return this.#known.get(service) ?? `http://127.0.0.1:${port}`
  }

  async heal(): Promise<readonly string[]> {
    const { pending, services, faultsEnabled, proxiesUrl } = await this.state()
    const ended: string[] = []
    for (const { action, name } of pending) {
      await this.act(action, name, action === 'scale' ? { to: 1 } : {})
      ended.push(`${action} ${name}`)
    }
    if (proxiesUrl !== undefined) {
      const { links } = (await this.#ask(proxiesUrl, 'GET', '/links')) as { links: { name: string; toxics: ActiveToxic[] }[] }
      await this.#ask(proxiesUrl, 'DELETE', '/toxics')
      for (const { name, toxics } of links) ended.push(...toxics.map(({ toxic }) => `no more ${toxic.kind} on ${name}`))
    }
    if (faultsEnabled)
      for (const service of Object.keys(services)) ended.push(...(await this.#healService(service, services[service]?.url ?? '')))
    return ended
  }

  async #healService(name: string, url: string): Promise<string[]> {
    const ended: string[] = []
    for (const kind of ['faults', 'refusals'] as const) {
      const on = (await this.#ask(url, 'GET', `/admin/${kind}`).catch(() => undefined)) as Record<string, unknown[]> | undefined
      const count = on?.[kind]?.length ?? 0
      if (count === 0) continue
      await this.#ask(url, 'DELETE', `/admin/${kind}`)
      ended.push(`no more ${kind} in ${name} (${count})`)
    }
    return ended
  }

  readonly #known = new Map<string, string>()

  async state(): Promise<DoorState> {
    const state = (await this.#ask(this.#door, 'GET', '')) as DoorState
    for (const [name, { url }] of Object.entries(state.services)) this.#known.set(name, url)
    return state
  }

  async #proxies(): Promise<string> {
    const { proxiesUrl } = await this.state()
    if (proxiesUrl === undefined) throw new Refused(`no proxies stand between the services and what they use: ${enable}`)
    return proxiesUrl
  }

  #ask(url: string, method: string, path: string, body?: object): Promise<unknown> {
    return askJson(url + path, { method, body, token: this.#token, answerMsMax })
  }
}
