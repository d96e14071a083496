import { expect, test, vi } from 'vitest'
import { keepConnectors } from './keeper.ts'
import { type ConnectorStatus, ConnectRefusal, type ConnectRest } from './rest.ts'

const status = (connector: string, ...tasks: string[]): ConnectorStatus => ({
  connector: { state: connector },
  tasks: tasks.map((state, id) => ({ id, state, trace: 'it failed\nCaused by: a refused connection\n\tat x' })),
})

/** A Kafka Connect in which connectors are what the test says. */
const connect = () => {
  const state = { of: undefined as ConnectorStatus | undefined, away: true, put: [] as unknown[], restarts: 0 }
  const answering = async <T>(answer: () => T): Promise<T> => {
    if (state.away) throw new ConnectRefusal(503, 'not yet')
    return answer()
  }
  const rest: ConnectRest = {
    connectors: () => answering(() => []),
    put: (_name, config) => answering(() => void state.put.push(config)),
    status: () => answering(() => state.of),
    restart: () => answering(() => void state.restarts++),
    remove: async () => {},
  }
  return { state, rest }
}

test('a connector is made as soon as Connect answers, and started again when its task has failed', async () => {
  const { state, rest } = connect()
  const lines: string[] = []
  const keeper = keepConnectors({ rest, connectors: { a: { x: '1' } }, log: (line) => lines.push(line), intervalMs: 5 })
  try {
    await expect(keeper.running(30)).rejects.toThrow('connector a does not run: Kafka Connect says 503: not yet')
    state.away = false
    await vi.waitFor(() => expect(state.put[0]).toEqual({ x: '1' }))
    state.of = status('RUNNING', 'FAILED')
    await vi.waitFor(() => expect(state.restarts).toBe(1))
    expect(lines).toEqual(['connector a has failed, starting it again: a refused connection'])
    await expect(keeper.running(30)).rejects.toThrow('connector a does not run: a refused connection')
    // Not again before a second has passed.
    expect(state.restarts).toBe(1)
    state.of = status('RUNNING', 'RUNNING')
    await keeper.running(5_000)
  } finally {
    await keeper.stop()
  }
})

test('a connector without a task does not run', async () => {
  const { state, rest } = connect()
  Object.assign(state, { away: false, of: status('RUNNING') })
  const keeper = keepConnectors({ rest, connectors: { a: {} }, log: () => {}, intervalMs: 5 })
  try {
    await expect(keeper.running(30)).rejects.toThrow('connector a does not run: it is RUNNING, with 0 tasks')
  } finally {
    await keeper.stop()
  }
})
