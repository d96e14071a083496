export { type StoreFixture, storeConformance } from './conformance.ts'
export { documentConformance } from './documents.ts'
