import { connect, createServer } from 'node:net'
import { StartRefusal } from './start-refusal.ts'

export const loopback = '127.0.0.1'

export interface BackendPorts {
  postgres: number
  kafka: number
  kafkaController: number
  mongo: number
  rabbitmq: number
  rabbitmqDistribution: number
  rabbitmqMapper: number
}

/** True when nobody listens on this loopback port. */
export const isFree = (port: number): Promise<boolean> => {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: loopback, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/** True when something accepts a connection; `timeoutMs` default 1000. */
export const accepts = (port: number, host = loopback, timeoutMs = 1_000): Promise<boolean> => {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: timeoutMs })
    const answer = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
    socket.once('timeout', () => answer(false))
  })
}

const given = new Set<number>()
const lowestPort = 20_000
const portCount = 12_000

/**
 * Ports that nobody listens on now. They lie below the range from which the system takes ports for outgoing connections (32768 and
 * up on Linux), so a backend that is killed and started again by a test finds its port still free.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const found: number[] = []
  for (let attempt = 0; found.length < count; attempt++) {
    if (attempt > 1_000) throw new Error('no free port found between 20000 and 32000')
    const port = lowestPort + Math.floor(Math.random() * portCount)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    found.push(port)
  }
  return found
}

export interface WantedPort {
  port: number
  /** who wants it */
  name: string
  /** the environment variable that chooses another */
  setting: string
}

/** @throws StartRefusal naming each port that is taken, and the setting that changes it */
export const requireFree = async (wanted: readonly WantedPort[]): Promise<void> => {
  const taken: string[] = []
  for (const { port, name, setting } of wanted) {
    if (!(await isFree(port)))
      taken.push(`port ${port} (${name}) is taken by another program: end it, or choose another port with ${setting}=…`)
  }
  if (taken.length > 0) throw new StartRefusal(taken.join('\n'))
}

/**
 * A port number from the environment.
 * @throws StartRefusal when it is set to something else than 1–65535
 */
export const portSetting = (env: NodeJS.ProcessEnv, setting: string, fallback: number): number => {
  const text = env[setting]
  if (text === undefined || text === '') return fallback
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartRefusal(`${setting} must be a port number from 1 to 65535, not '${text}'`)
  return port
}
