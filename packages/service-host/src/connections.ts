import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Beyond so many open connections those that wait are closed, as new ones come. */
const crowdMax = 3_000
/** Beyond so many, also of requests in handling, new ones are not taken. Each takes a file descriptor and some 10 kilobytes. */
const connectionsMax = 4_000
/** A client that is served has sent its request by then. */
const waitMsMin = 1_000

export interface ConnectionBounds {
  /** Default 3,000. */
  readonly crowdMax?: number
  /** Default 4,000. */
  readonly connectionsMax?: number
  /** A connection is not closed before it has waited so long, unless there is no room at all; default 1,000 ms. */
  readonly waitMsMin?: number
}

/**
 * Keeps the connections of a server within bounds, so that clients who open many and send nothing, or little at a time, leave room for others:
 * what is closed for new ones are the connections that have waited longest for their next request, or are still sending the head of one.
 */
export const boundConnections = (server: Server, bounds: ConnectionBounds = {}): void => {
  const { crowdMax: crowd = crowdMax, waitMsMin: patienceMs = waitMsMin } = bounds
  /** Since when, by `performance.now()`; who has waited longest comes first. */
  const waiting = new Map<Socket, number>()
  let openCount = 0
  server.maxConnections = bounds.connectionsMax ?? connectionsMax

  const closeSome = (count: number, sinceMax: number) => {
    let left = count
    for (const [socket, since] of waiting) {
      if (left-- <= 0 || since > sinceMax) break
      waiting.delete(socket)
      socket.destroy()
    }
  }

  server.on('connection', (socket) => {
    openCount++
    closeSome(openCount - crowd, performance.now() - patienceMs)
    waiting.set(socket, performance.now())
    socket.once('close', () => {
      openCount--
      waiting.delete(socket)
    })
  })
  // One was turned away since there was no room: the next one shall have some.
  server.on('drop', () => closeSome(1, Number.POSITIVE_INFINITY))
  server.on('request', ({ socket }, res) => {
    waiting.delete(socket)
    res.once('close', () => {
      if (!socket.destroyed) waiting.set(socket, performance.now())
    })
  })
}
