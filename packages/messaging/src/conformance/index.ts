export { backendUrl } from './backends.ts'
export { type CuttingProxy, cuttingProxy, type Direction } from './cutting-proxy.ts'
export { documentConformance } from './documents.ts'
export { type StoreFixture, storeConformance } from './store.ts'
