export { type Sorted, sortBatch } from '../batch.ts'
export { MemoryBroker } from './broker.ts'
export { type Member, MemoryGroup } from './group.ts'

export { type MemoryPosition, memoryPosition, type Partition } from './partition.ts'
export { type Loaded, MemoryDatabase, type MemoryEntry, MemoryMessageStore } from './store.ts'
export { MemoryTables, MemoryTablesStore, MemoryTransaction } from './tables.ts'
