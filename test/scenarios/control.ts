/** Scenarios run in processes of their own; what they ask of whoever runs the shop goes through this small server on the loopback. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The shop for those who only use it. */
export interface RunningShop {
  /** By service, without a path. */
  readonly urls: Readonly<Record<string, string>>
  readonly control: string
}

/** Its broker and databases, where they can be reached from outside (in compose they cannot). */
export interface RunningBackends {
  readonly kafkaBrokers: string
  readonly postgresUrl: string
  readonly mongoUrl: string
  /** What each service's DATABASE_URL is. */
  readonly databaseUrls: Readonly<Record<string, string>>
}

declare module 'vitest' {
  export interface ProvidedContext {
    shop: RunningShop
    backends: RunningBackends
    /** Opens the services' admin routes; the folder has the shop's run.json. Embedded only. */
    admin: { readonly token: string; readonly dataDir: string }
  }
}

export interface CheckOutcome {
  readonly code: number
  readonly output: string
}

export interface Controls {
  /** Ends a service in order; it stays down. */
  halt(service: string): Promise<void>
  start(service: string): Promise<void>
  /** SIGKILL. It comes back by itself where something supervises it, else it is started again. */
  kill(service: string): Promise<void>
  /** `npm run check` with these arguments. */
  check(args: readonly string[]): Promise<CheckOutcome>
}

/** Serves POST /<halt|start|kill|check> with a JSON list of arguments. */
export const openControl = (controls: Controls): Promise<{ url: string; close: () => void }> => {
  const actions: Record<string, (args: readonly string[]) => Promise<unknown>> = {
    halt: ([service = '']) => controls.halt(service),
    start: ([service = '']) => controls.start(service),
    kill: ([service = '']) => controls.kill(service),
    check: (args) => controls.check(args),
  }
  const server = createServer(async (req, res) => {
    try {
      const action = actions[(req.url ?? '').slice(1)]
      if (!action) throw new Error(`no action ${req.url}`)
      const body = Buffer.concat(await req.toArray()).toString()
      res.end(JSON.stringify((await action(JSON.parse(body) as string[])) ?? {}))
    } catch (error) {
      res.writeHead(500).end(String(error))
    }
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }),
    ),
  )
}
