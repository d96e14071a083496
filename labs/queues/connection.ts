/** A client as the broker sees it: it connects, and one day its connection is gone without a word. */
import type { Socket } from 'node:net'
import { type ChannelModel, connect } from 'amqplib'

export interface Client {
  readonly model: ChannelModel
  /** As when its process is killed: nothing more is written, and nothing said. */
  die(): void
  close(): Promise<void>
}

export const openClient = async (url: string): Promise<Client> => {
  const model = await connect(url)
  let isDead = false
  model.on('error', () => {}) // it is what was asked for
  return {
    model,
    die: () => {
      isDead = true
      const { stream } = model.connection as unknown as { readonly stream: Socket }
      stream.resetAndDestroy()
    },
    close: async () => {
      if (!isDead) await model.close()
    },
  }
}
