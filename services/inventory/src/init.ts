import { createPool, migrate } from '@shop/store-postgres'
import { migrations } from './schema.ts'
import { seed } from './seed.ts'

/** Migrates the database and adds the demo stock; what is there already stays as it is. */
export const initialise = async (databaseUrl: string, { loadSkus }: { loadSkus: number }): Promise<void> => {
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'inventory-init', onIdleError: () => {} })
  try {
    await migrate(pool, migrations)
    await seed(pool, loadSkus)
  } finally {
    await pool.end()
  }
}
