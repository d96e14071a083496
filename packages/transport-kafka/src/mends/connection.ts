import { createRequire } from 'node:module'

/** The parts of kafkajs 2.2.4's `Connection` that are mended. */
export interface Connection {
  chunks: Buffer[]
  bytesBuffered: number
  bytesNeeded: number
  isConnected(): boolean
  connect(): Promise<unknown>
}

const responseSizeBytes = 4
const mended = Symbol('mended')
const underWay = new WeakMap<Connection, Promise<unknown>>()

/**
 * Two faults of kafkajs 2.2.4's `src/network/connection.js`, both met when a connection breaks:
 * - `connect` keeps the bytes of a response that the break cut off. When the same object connects again, the new stream is read as
 *   the rest of the old response, and no request on it is ever answered. So begin with an empty buffer.
 * - `connectionPool.js` calls `connect` for every request made while there is no connection, and each call opens a socket; the last
 *   one wins and the others stay open. So let concurrent calls share one attempt.
 */
export const mendConnection = (): void => {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/connection') as {
    prototype: Connection & { [mended]?: true }
  }
  if (prototype[mended]) return
  const { connect } = prototype
  if (typeof connect !== 'function') {
    throw new Error('kafkajs has changed: its Connection has no connect to mend; see mends/connection.ts')
  }
  prototype.connect = function (this: Connection): Promise<unknown> {
    if (this.isConnected()) return connect.call(this)
    const current = underWay.get(this)
    if (current) return current
    this.chunks = []
    this.bytesBuffered = 0
    this.bytesNeeded = responseSizeBytes
    const attempt = connect.call(this).finally(() => underWay.delete(this))
    underWay.set(this, attempt)
    return attempt
  }
  prototype[mended] = true
}
