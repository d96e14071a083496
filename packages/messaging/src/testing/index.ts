export { type StoreFixture, storeConformance } from './conformance.ts'
