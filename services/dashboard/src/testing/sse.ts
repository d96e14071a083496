import type { StreamMessages } from '../api.ts'

export interface Received {
  readonly id: string | undefined
  readonly event: string
  readonly data: unknown
}

export interface EventStream {
  readonly received: readonly Received[]
  /** Resolves with the first message of this name, also one that came before, for which `fits` holds. @throws Error after 10 s. */
  message<Name extends keyof StreamMessages>(
    name: Name,
    fits?: (data: StreamMessages[Name]) => boolean,
  ): Promise<StreamMessages[Name]>
  lastId(): string | undefined
  close(): void
}

const waitMsMax = 10_000

/** Reads a stream as a browser does. */
export const openStream = async (url: string, headers: Record<string, string> = {}): Promise<EventStream> => {
  const ending = new AbortController()
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: ending.signal })
  if (!response.ok || response.body === null) throw new Error(`${url} says ${response.status}: ${await response.text()}`)
  const received: Received[] = []
  const waiting = new Set<() => void>()
  const read = async (body: ReadableStream<Uint8Array>) => {
    let text = ''
    for await (const part of body.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
      const blocks = `${text}${part}`.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
        const data = field('data')
        if (data !== undefined) received.push({ id: field('id'), event: field('event') ?? '', data: JSON.parse(data) })
      }
      for (const wake of waiting) wake()
    }
  }
  read(response.body).catch(() => {}) // ended by close()
  return {
    received,
    message: async (name, fits = () => true) => {
      const deadline = performance.now() + waitMsMax
      for (;;) {
        const found = received.find((m) => m.event === name && fits(m.data as never))
        if (found !== undefined) return found.data as never
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, Math.max(1, deadline - performance.now()))
        waiting.add(resolve)
        await promise
        clearTimeout(timer)
        waiting.delete(resolve)
        if (performance.now() >= deadline) throw new Error(`no such ${name}; came: ${received.map((m) => m.event).join(' ')}`)
      }
    },
    lastId: () => received.findLast((m) => m.id !== undefined)?.id,
    close: () => ending.abort(),
  }
}
