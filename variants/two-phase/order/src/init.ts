import { demoProducts } from '../../../../services/order/src/demo-products.ts'
import { initialiseWith } from '../../protocol/initialise.ts'
import { participantSchema } from '../../protocol/prepared.ts'
import { addProducts, ordersSchema } from './orders.ts'

export const initialise = (databaseUrl: string, { loadSkus }: { loadSkus: number }): Promise<void> =>
  initialiseWith(databaseUrl, [participantSchema, ordersSchema], (pool) => addProducts(pool, demoProducts(loadSkus)))
