export { type Sorted, sortBatch } from '../batch.ts'
export { MemoryLetters } from './letters.ts'
export { type Loaded, MemoryDatabase, type MemoryEntry, MemoryMessageStore } from './store.ts'
export { MemoryTables, MemoryTablesStore, MemoryTransaction } from './tables.ts'
