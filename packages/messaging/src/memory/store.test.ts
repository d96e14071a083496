import type { Documents } from '../documents.ts'
import { type StoreFixture, storeConformance } from '../testing/index.ts'
import { type MemoryDatabase, MemoryMessageStore } from './store.ts'

storeConformance('memory', async (): Promise<StoreFixture<Documents<number>>> => {
  const database: MemoryDatabase<number> = new Map()
  return {
    open: async () => new MemoryMessageStore(database),
    kill: async () => {},
    count: async (work, m) => work.set(m.key, (work.get(m.key) ?? 0) + 1),
    countOf: async (key) => database.get(key)?.state ?? 0,
  }
})
