import { participantConfig, runParticipant } from '@shop/participant'
import { port } from '@shop/service-host'
import { connectMongo, MongoMessageStore } from '@shop/store-mongo'
import { z } from 'zod'
import { routes } from './http.ts'
import { react } from './reactions.ts'
import { notificationModel } from './store.ts'

await runParticipant({
  name: 'notification',
  config: z.object({ ...participantConfig, PORT: port.default(3005) }),
  open: async ({ config }) => {
    const connection = await connectMongo({ uri: config.DATABASE_URL, applicationName: 'notification' })
    const model = notificationModel(connection)
    const store = new MongoMessageStore(connection, model)
    return { store, react, routes: routes(model), close: () => store.close().then(() => connection.close()) }
  },
})
