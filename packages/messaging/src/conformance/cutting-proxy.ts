import net from 'node:net'

export type Direction = 'request' | 'response'

/** A TCP proxy in front of a broker or a database server, which can cut its connections. */
export interface CuttingProxy {
  readonly route: () => { readonly host: string; readonly port: number }
  /**
   * Destroys all connections as the next bytes of that direction arrive, which are lost. A lost response leaves its request done.
   * `thenAway` goes on as `away(true)` does.
   */
  cutAtNext(direction: Direction, thenAway?: boolean): void
  /** How often connections were cut. */
  cuts(): number
  /** Refuses connections, and cuts those that there are, until called with false. */
  away(refuse: boolean): void
  /** Holds back all bytes until called with false. */
  stall(stalled: boolean): void
  close(): Promise<void>
}

export const cuttingProxy = async (server: string): Promise<CuttingProxy> => {
  const [host = '', port = ''] = server.split(':')
  const sockets = new Set<net.Socket>()
  let armed: Direction | undefined
  let cutCount = 0
  let refusing = false
  let refusingNext = false
  let stalled = false

  const cut = () => {
    armed = undefined
    cutCount++
    for (const socket of sockets) socket.destroy()
  }

  const listening = net.createServer({ noDelay: true }, (near) => {
    if (refusing) {
      near.resetAndDestroy()
      return
    }
    const far = net.connect({ host, port: Number(port), noDelay: true })
    for (const [socket, other, direction] of [
      [near, far, 'request'],
      [far, near, 'response'],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.on('data', (bytes) => {
        if (armed === direction) {
          refusing = refusingNext
          cut()
        } else other.write(bytes)
      })
      if (stalled) socket.pause()
    }
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address() as net.AddressInfo

  return {
    route: () => ({ host: '127.0.0.1', port: address.port }),
    cutAtNext: (direction, thenAway = false) => {
      armed = direction
      refusingNext = thenAway
    },
    cuts: () => cutCount,
    away: (refuse) => {
      refusing = refuse
      if (refuse) cut()
    },
    stall: (stall) => {
      stalled = stall
      for (const socket of sockets) stall ? socket.pause() : socket.resume()
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
}
