import { createServer, type RequestListener, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ConfigurationError } from './config.ts'
import { boundConnections } from './connections.ts'

const requestTimeoutMs = 30_000
const headersTimeoutMs = 10_000
/** Longer than the 60 s of common proxies, so that they close an idle connection first and never send into a closing one. */
const keepAliveTimeoutMs = 65_000
/** How often the first two are looked at; Node's default of 30 s would double them. */
const timeoutCheckIntervalMs = 2_000
const idleCheckIntervalMs = 20

/**
 * An HTTP server that listens.
 *
 * @throws ConfigurationError when the address is taken, not ours or not permitted.
 */
export const listen = async (handler: RequestListener, port: number, hostname: string): Promise<Server> => {
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: timeoutCheckIntervalMs,
    },
    handler,
  )
  server.on('clientError', answerUnreadable)
  boundConnections(server)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, hostname, resolve)
  try {
    await promise
  } catch (error) {
    throw listenFault(error, port, hostname)
  }
  server.off('error', reject)
  return server
}

/** Where a listening server is reached, as `http://127.0.0.1:3001`. */
export const urlOf = (server: Server): string => {
  const { address, family, port } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/**
 * Takes no new connections and waits until the requests in flight are answered, at most `timeoutMs`; then cuts what is left.
 *
 * @returns how many connections were cut.
 */
export const drain = async (server: Server, timeoutMs: number): Promise<number> => {
  const closed = Promise.withResolvers<void>()
  server.close(() => closed.resolve())
  // A connection whose request ends after close() would otherwise stay for its keep-alive time.
  const sweep = setInterval(() => server.closeIdleConnections(), idleCheckIntervalMs)
  let cut = 0
  const cutoff = setTimeout(() => {
    server.getConnections((_error, count) => {
      cut = count
      server.closeAllConnections()
    })
  }, timeoutMs)
  await closed.promise
  clearInterval(sweep)
  clearTimeout(cutoff)
  return cut
}

const listenFault = (error: unknown, port: number, hostname: string): unknown => {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new ConfigurationError(`port ${port} on ${hostname} is already in use; set PORT to a free one`)
  if (code === 'EACCES') return new ConfigurationError(`port ${port} may not be opened by this user; set PORT to 1024 or more`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new ConfigurationError(`${hostname} is not an address of this machine; set HOST to one`)
  }
  return error
}

const unreadableStatus: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

/** What is not HTTP never reaches express, so its problem+json is written by hand. */
const answerUnreadable = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const status = unreadableStatus[error.code ?? ''] ?? 400
  const title = STATUS_CODES[status]
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: 'the request cannot be read' })
  const head = `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}`
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`, () => socket.destroy())
}
