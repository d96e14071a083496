/** A TCP proxy in front of a broker, which can cut its connections. */
import net from 'node:net'

export type Direction = 'request' | 'response'

export interface CuttingProxy {
  readonly route: () => { readonly host: string; readonly port: number }
  /** Destroys all connections as the next bytes of that direction arrive, which are lost. A lost response leaves its request done. */
  cutAtNext(direction: Direction): void
  /** How often connections were cut. */
  cuts(): number
  close(): Promise<void>
}

export const cuttingProxy = async (server: string): Promise<CuttingProxy> => {
  const [host = '', port = ''] = server.split(':')
  const sockets = new Set<net.Socket>()
  let armed: Direction | undefined
  let cutCount = 0

  const pass = (direction: Direction, bytes: Buffer, to: net.Socket) => {
    if (armed !== direction) return void to.write(bytes)
    armed = undefined
    cutCount++
    for (const socket of sockets) socket.destroy()
  }
  const listening = net.createServer({ noDelay: true }, (near) => {
    const far = net.connect({ host, port: Number(port), noDelay: true })
    const join = (from: net.Socket, to: net.Socket, direction: Direction) => {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (bytes) => pass(direction, bytes, to))
    }
    join(near, far, 'request')
    join(far, near, 'response')
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address() as net.AddressInfo
  return {
    route: () => ({ host: '127.0.0.1', port: address.port }),
    cutAtNext: (direction) => {
      armed = direction
    },
    cuts: () => cutCount,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
}
