import {
  anyBytesSchema,
  createPool,
  deadLettersSchema,
  messagingSchema,
  migrate,
  sourcesSchema,
  waitingSchema,
} from '@shop/store-postgres'
import { sagasSchema } from './sagas.ts'

const migrations = [messagingSchema, deadLettersSchema, anyBytesSchema, sourcesSchema, waitingSchema, sagasSchema]

export const initialise = async (databaseUrl: string): Promise<void> => {
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'orchestrator-init', onIdleError: () => {} })
  try {
    await migrate(pool, migrations)
  } finally {
    await pool.end()
  }
}
