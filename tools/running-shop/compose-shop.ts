import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Refused } from '@shop/command-line'
import { services as allServices, participants, serviceNamed } from '@shop/manifest'
import type { Party, ProcessAction, ShopTarget } from './shop-target.ts'
import type { Toxic } from './toxics.ts'

const root = join(import.meta.dirname, '../..')
const base = ['-f', 'docker-compose.yml']
const overlay = ['-f', 'infra/docker/compose.faults.yaml']
const enable =
  'start the shop with: docker compose -f docker-compose.yml -f infra/docker/compose.faults.yaml up -d --build --wait'
const commandMsMax = 180_000

/** Asks a URL from inside a container, with the token that its process has. */
const askInside = `
const [method, url, body] = process.argv.slice(1)
const { ADMIN_TOKEN, PORT } = process.env
fetch(url.replace('PORT', PORT), {
  method,
  headers: { authorization: 'Bearer ' + ADMIN_TOKEN, 'content-type': 'application/json' },
  ...(body ? { body } : {}),
}).then(async (answer) => console.log(JSON.stringify({ status: answer.status, text: await answer.text() })))`

/** The shop of docker compose: everything through `docker compose` itself. */
export class ComposeShop implements ShopTarget {
  readonly kind = 'compose'
  readonly access = undefined
  /** with the overlay when the shop runs with it: `up` without it would take it away */
  readonly #files: readonly string[]

  private constructor(files: readonly string[]) {
    this.#files = files
  }

  /** undefined when none runs, or there is no docker */
  static async find(): Promise<ComposeShop | undefined> {
    const running = await compose([...base, ...overlay, 'ps', '--services', '--status', 'running', '--status', 'paused']).catch(
      () => '',
    )
    const services = running.split('\n')
    if (!services.some((name) => serviceNamed(name) !== undefined)) return undefined
    return new ComposeShop(services.includes('proxies') ? [...base, ...overlay] : base)
  }

  /** Runs docker compose on this shop. @throws Refused with its output */
  run(args: readonly string[]): Promise<string> {
    return compose([...this.#files, ...args])
  }

  /** The command that runs a fault inside the network. */
  insideCommand(args: readonly string[]): readonly string[] {
    return [
      'compose',
      ...this.#files,
      'run',
      '--rm',
      '-T',
      'check',
      'node',
      'tools/faults/main.ts',
      ...args,
      '--target',
      'inside',
    ]
  }

  async act(action: ProcessAction, name: string, { forMs, to = 2 }: { forMs?: number; to?: number } = {}): Promise<void> {
    if (action === 'pause' || action === 'stop' || action === 'start') await this.run([action, name])
    if (action === 'resume') await this.run(['unpause', name])
    if (action === 'restart') await this.run(['restart', '--timeout', '20', name])
    if (action === 'scale') await this.run(['up', '-d', '--no-recreate', '--wait', '--scale', `${name}=${to}`, name])
    if (action === 'kill') {
      await this.run(['kill', name])
      // to the engine a kill by hand is a stop by hand: it does not start the container again by itself
      if (forMs === undefined) await this.run(['start', name])
    }
  }

  async poison(service: string, party: Party, toxic: Toxic, forMs: number): Promise<() => Promise<void>> {
    if (!this.#files.includes(overlay[1] ?? ''))
      throw new Refused(`no proxies stand between the services and what they use: ${enable}`)
    const path = `http://127.0.0.1:PORT/links/${service}-${party}/toxics`
    const { id } = (await this.#exec('proxies', 1, 'POST', path, { toxic, forMs })) as { id: string }
    return async () => void (await this.#exec('proxies', 1, 'DELETE', `${path}/${id}`).catch(() => {}))
  }

  async admin(service: string, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<readonly unknown[]> {
    const ids = (await this.run(['ps', '-q', service])).split('\n').filter((id) => id !== '')
    const url = `http://127.0.0.1:PORT/admin${path}`
    return await Promise.all(
      ids.map((_, i) =>
        this.#exec(service, i + 1, method, url, body).catch((error: Error) => {
          throw error.message.includes('does not exist') ? new Refused(`the services know no faults: ${enable}`) : error
        }),
      ),
    )
  }

  url(service: string): string {
    return `http://127.0.0.1:${serviceNamed(service)?.port ?? 0}`
  }

  async heal(): Promise<readonly string[]> {
    const all = [...allServices.map((s) => s.name), 'kafka', 'postgres', 'mongo']
    const ended: string[] = []
    for (const [status, action] of [
      ['paused', 'resume'],
      ['exited', 'start'],
    ] as const) {
      const there = (await this.run(['ps', '--all', '--services', '--status', status])).split('\n')
      for (const name of there.filter((n) => all.includes(n))) {
        await this.act(action, name)
        ended.push(`${action} ${name}`)
      }
    }
    if (this.#files !== base) await this.#exec('proxies', 1, 'DELETE', 'http://127.0.0.1:PORT/toxics')
    for (const { name } of participants)
      for (const kind of ['faults', 'refusals']) await this.admin(name, 'DELETE', `/${kind}`).catch(() => {})
    return [...ended, 'no more toxics, fault points and refusals']
  }

  async #exec(service: string, index: number, method: string, url: string, body?: object): Promise<unknown> {
    const args = ['exec', '-T', '--index', String(index), service, 'node', '-e', askInside, method, url]
    const { status, text } = JSON.parse(await this.run([...args, ...(body ? [JSON.stringify(body)] : [])])) as {
      status: number
      text: string
    }
    const json = text === '' ? undefined : (JSON.parse(text) as unknown)
    if (status >= 400) throw new Refused((json as { detail?: string } | undefined)?.detail ?? `${service} answered ${status}`)
    return json
  }
}

const compose = async (args: readonly string[]): Promise<string> => {
  try {
    return (await promisify(execFile)('docker', ['compose', ...args], { cwd: root, timeout: commandMsMax })).stdout
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new Refused(`docker compose ${args.join(' ').slice(0, 100)}: ${(stderr || message).trim().split('\n').at(-1)}`)
  }
}
