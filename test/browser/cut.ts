/** A wire between a browser and the dashboard that can be cut. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Wire {
  readonly url: string
  /** The Last-Event-ID of each stream that was asked for; undefined for one from the beginning. */
  readonly asked: readonly (string | undefined)[]
  /** Ends all connections and takes no more. */
  cut(): void
  mend(): void
  close(): void
}

export const openWire = async (target: URL): Promise<Wire> => {
  const asked: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = connect(Number(target.port), '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket
        .on('error', () => {})
        .once('close', () => {
          sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
    }
    near.on('data', (chunk) => {
      const head = chunk.toString('latin1')
      if (head.startsWith('GET /api/stream')) asked.push(/^last-event-id: (.*)\r$/im.exec(head)?.[1])
    })
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    asked,
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.destroy()
    },
    mend: () => {
      isCut = false
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
