import { MemoryDatabase, MemoryMessageStore } from '@shop/messaging/memory'
import { answer } from './messages.ts'
import type { Subject } from './subject.ts'

export const memorySubject = async (): Promise<Subject> => {
  let store = new MemoryMessageStore<number>(new MemoryDatabase<number>())
  return {
    name: 'memory',
    get store() {
      return store
    },
    handle: (batch) =>
      store.handleOnce(batch, async (work, fresh) => {
        for (const { key } of fresh) work.set(key, (work.get(key) ?? 0) + 1)
        return fresh.map(answer)
      }),
    empty: async () => {
      store = new MemoryMessageStore<number>(new MemoryDatabase<number>())
    },
    close: async () => {},
  }
}
