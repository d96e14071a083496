import { createLog, runService } from '@shop/service-host'
import { readSettings } from './config.ts'
import { runDashboard } from './dashboard.ts'

await runService('dashboard', async () => {
  const config = readSettings()
  await runDashboard(
    config,
    createLog({ service: 'dashboard', level: config.LOG_LEVEL, withhold: ['shippingAddress', 'address'] }),
  )
})
