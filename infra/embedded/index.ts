export { type Backends, startBackends } from './backends.ts'
export { buildPage } from './page.ts'

export { type Shop, startShop } from './shop.ts'
