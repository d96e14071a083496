import { type StoreFixture, storeConformance } from '../conformance/index.ts'
import { MemoryTables, MemoryTablesStore, type MemoryTransaction } from './tables.ts'

storeConformance('memory tables', async (): Promise<StoreFixture<MemoryTransaction>> => {
  const tables = new MemoryTables()
  return {
    open: async () => new MemoryTablesStore(tables),
    kill: async () => {},
    count: async (work, m) => work.set('counts', m.key, (work.get<number>('counts', m.key) ?? 0) + 1),
    countOf: async (key) => tables.table<number>('counts').get(key) ?? 0,
  }
})
