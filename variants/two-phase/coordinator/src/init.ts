import { decisionsSchema } from '../../protocol/decisions.ts'
import { initialiseWith } from '../../protocol/initialise.ts'

export const initialise = (databaseUrl: string): Promise<void> => initialiseWith(databaseUrl, [decisionsSchema])
