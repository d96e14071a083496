export { type ConnectOptions, connectMongo } from './connect.ts'
export { type MessageDocument, messageDocumentModel } from './document.ts'
export { MongoMessageStore } from './store.ts'

export type { Upgrade } from './waiting.ts'
