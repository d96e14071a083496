import { initialiseWith } from '../../protocol/initialise.ts'
import { participantSchema } from '../../protocol/prepared.ts'
import { shipmentsSchema } from './shipments.ts'

export const initialise = (databaseUrl: string): Promise<void> =>
  initialiseWith(databaseUrl, [participantSchema, shipmentsSchema])
