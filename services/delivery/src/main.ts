import { participantConfig, runParticipant } from '@shop/participant'
import { port } from '@shop/service-host'
import { connectMongo, MongoMessageStore } from '@shop/store-mongo'
import { z } from 'zod'
import { routes } from './http.ts'
import { reactions } from './reactions.ts'
import { refuses } from './refuses.ts'
import { findShipment, findTold, shipmentModel, upgradeShipment } from './store.ts'

await runParticipant({
  name: 'delivery',
  refuses,
  config: z.object({ ...participantConfig, PORT: port.default(3004) }),
  open: async ({ config, refusals }) => {
    const connection = await connectMongo({ uri: config.DATABASE_URL, applicationName: 'delivery' })
    const model = shipmentModel(connection)
    const store = new MongoMessageStore(connection, model, upgradeShipment)
    const react = reactions((orderId) => refusals?.refuses(orderId) ?? false)
    const tellingAgain = { told: (orderIds: readonly string[]) => findTold(model, orderIds) }
    return {
      ...{ store, react, tellingAgain },
      routes: routes((orderId) => findShipment(model, orderId)),
      close: () => store.close().then(() => connection.close()),
    }
  },
})
