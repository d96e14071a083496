import { MemoryDatabase, MemoryMessageStore } from '@shop/messaging/memory'
import { answer } from './messages.ts'
import type { Subject } from './subject.ts'

export const memorySubject = async (): Promise<Subject> => {
  const database = new MemoryDatabase<number>()
  const store = new MemoryMessageStore<number>(database)
  return {
    name: 'memory',
    store,
    handle: (batch) =>
      store.handleOnce(batch, async (work, fresh) => {
        for (const { key } of fresh) work.set(key, (work.get(key) ?? 0) + 1)
        return fresh.map(answer)
      }),
    empty: async () => database.documents.clear(),
    close: async () => {},
  }
}
