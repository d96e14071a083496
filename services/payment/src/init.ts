import { createPool, migrate } from '@shop/store-postgres'
import { migrations } from './schema.ts'
import { seed } from './seed.ts'

/** Migrates the database and adds the demo customers; what is there already stays as it is. */
export const initialise = async (databaseUrl: string, { loadCustomers }: { loadCustomers: number }): Promise<void> => {
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'payment-init', onIdleError: () => {} })
  try {
    await migrate(pool, migrations)
    await seed(pool, loadCustomers)
  } finally {
    await pool.end()
  }
}
