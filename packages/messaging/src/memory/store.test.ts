import { documentConformance, type StoreFixture, storeConformance } from '../conformance/index.ts'
import type { Documents } from '../documents.ts'
import { MemoryDatabase, MemoryMessageStore } from './store.ts'

documentConformance('memory', async () => new MemoryMessageStore<number>())

storeConformance('memory', async (): Promise<StoreFixture<Documents<number>>> => {
  const database = new MemoryDatabase<number>()
  return {
    open: async () => new MemoryMessageStore(database),
    kill: async () => {},
    count: async (work, m) => work.set(m.key, (work.get(m.key) ?? 0) + 1),
    countOf: async (key) => database.documents.get(key)?.state ?? 0,
  }
})
