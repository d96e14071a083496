/** A terminal in a copy of the repository: commands as a reader types them, but on ports that are free now. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { services } from '@shop/manifest'
import { freePorts } from '../../infra/embedded/ports.ts'

/** What a command printed, stdout and stderr, and its exit code. */
export interface Printed {
  readonly output: string
  readonly code: number | null
}

const backendPorts = ['KAFKA_PORT', 'KAFKA_CONTROLLER_PORT', 'POSTGRES_PORT', 'MONGO_PORT'] as const
/** Services of others, which the environment names for tests; here the shop starts its own. */
const notPassedOn = ['KAFKA_BROKERS', 'POSTGRES_URL', 'MONGO_URL', 'INIT_CWD', 'NODE_ENV', 'VITEST', 'TEST']
const commandMsMax = 120_000
const stopMsMax = 60_000

export class Terminal {
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv
  /** The port of the manifest, and the one that is used instead. */
  readonly #ports: ReadonlyMap<string, string>
  readonly #running: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = []

  private constructor(folder: string, env: NodeJS.ProcessEnv, ports: ReadonlyMap<string, string>) {
    this.#folder = folder
    this.#env = env
    this.#ports = ports
  }

  /** @param further services that there will be, with their ports. */
  static async open(folder: string, further: readonly { readonly name: string; readonly port: number }[]): Promise<Terminal> {
    const placed = [...services, ...further]
    const free = await freePorts(placed.length + backendPorts.length)
    const settings = [...placed.map(({ name }) => `${name.toUpperCase().replaceAll('-', '_')}_PORT`), ...backendPorts]
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`,
      NO_COLOR: '1',
    }
    for (const name of [...notPassedOn, ...Object.keys(env).filter((n) => n.startsWith('npm_') || n.startsWith('VITEST_'))])
      delete env[name]
    settings.forEach((setting, i) => {
      env[setting] = String(free[i])
    })
    return new Terminal(folder, env, new Map(placed.map(({ port }, i) => [String(port), String(free[i])])))
  }

  /** The text with the ports that are used here. */
  here(text: string): string {
    return text.replaceAll(/(localhost|127\.0\.0\.1):(\d+)/g, (all, host: string, port: string) => {
      const used = this.#ports.get(port)
      return used === undefined ? all : `${host}:${used}`
    })
  }

  run(commands: string): Promise<Printed> {
    const { child, output } = this.#spawn(commands)
    const tooLong = setTimeout(() => child.kill('SIGKILL'), commandMsMax)
    return new Promise((resolve) =>
      child.once('close', (code) => {
        clearTimeout(tooLong)
        resolve({ output: output(), code })
      }),
    )
  }

  /** Starts what goes on until `close`. @returns what it has printed so far, and its exit code once it has ended. */
  start(commands: string): () => Printed {
    const { child, output } = this.#spawn(`exec ${commands}`)
    this.#running.push({ child, ended: new Promise((resolve) => child.once('close', resolve)) })
    return () => ({ output: output(), code: child.exitCode })
  }

  /** Ends what was started, as Ctrl-C does. */
  async close(): Promise<void> {
    for (const { child, ended } of this.#running) {
      if (child.exitCode === null) signal(child, 'SIGINT')
      const tooLong = setTimeout(() => signal(child, 'SIGKILL'), stopMsMax)
      await ended
      clearTimeout(tooLong)
    }
  }

  #spawn(commands: string): { readonly child: ChildProcess; readonly output: () => string } {
    const child = spawn('bash', ['-c', commands], {
      cwd: this.#folder,
      env: this.#env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    return { child, output: () => output }
  }
}

/** To all that a terminal's Ctrl-C would reach. */
const signal = (child: ChildProcess, name: NodeJS.Signals): void => {
  try {
    process.kill(-(child.pid ?? 0), name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
