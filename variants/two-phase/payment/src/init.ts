import { initialise as initialiseService } from '../../../../services/payment/src/init.ts'
import { initialiseWith } from '../../protocol/initialise.ts'
import { participantSchema } from '../../protocol/prepared.ts'

/** The service's own tables and demo data, and what it needs to take part. */
export const initialise = async (databaseUrl: string, load: { loadCustomers: number; loadSkus: number }): Promise<void> => {
  await initialiseService(databaseUrl, load)
  await initialiseWith(databaseUrl, [participantSchema])
}
