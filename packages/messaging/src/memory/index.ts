export { MemoryLetters } from './letters.ts'
export { MemoryDatabase, type MemoryEntry, MemoryMessageStore } from './store.ts'
export { MemoryTables, MemoryTablesStore, MemoryTransaction } from './tables.ts'
