export { MemoryDatabase, MemoryMessageStore } from './store.ts'
