import { participantConfig, runSpeaking } from '@shop/participant'
import { port } from '@shop/service-host'
import { connectMongo, MongoMessageStore } from '@shop/store-mongo'
import { z } from 'zod'
import { routes } from '../../../../services/delivery/src/http.ts'
import { findShipment, shipmentModel } from '../../../../services/delivery/src/store.ts'
import { speechOf } from '../../speech.ts'
import { react } from './reactions.ts'

await runSpeaking(
  {
    name: 'delivery',
    config: z.object({ ...participantConfig, PORT: port.default(3004) }),
    open: async ({ config }) => {
      const connection = await connectMongo({ uri: config.DATABASE_URL, applicationName: 'delivery' })
      const model = shipmentModel(connection)
      const store = new MongoMessageStore(connection, model)
      return {
        ...{ store, react, routes: routes((orderId) => findShipment(model, orderId)) },
        close: () => store.close().then(() => connection.close()),
      }
    },
  },
  speechOf('delivery'),
)
