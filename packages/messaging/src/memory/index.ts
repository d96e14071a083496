export { type MemoryDatabase, MemoryMessageStore } from './store.ts'
