/** One consumer as a process, to be killed by the laboratory that started it. */
import { flushCompileCache } from 'node:module'
import { createPool } from '@shop/store-postgres'
import { book } from '../../payments/bookings.ts'
import type { Consume } from './consumer.ts'
import { inbox } from './inbox.ts'
import { lifeOf } from './moment.ts'
import { autoCommit, autoCommitHandedOver, commitAfter, commitFirst } from './offsets.ts'
import { type ConsumerMode, type ConsumerSettings, stopNow } from './settings.ts'
import { transactionDatabase, transactionTopic } from './transactions.ts'

const modes: Readonly<Record<ConsumerMode, Consume>> = {
  'commit-first': commitFirst,
  'commit-after': commitAfter,
  'auto-commit': autoCommit,
  'auto-commit-handed-over': autoCommitHandedOver,
  'transaction-topic': transactionTopic,
  'transaction-database': transactionDatabase,
  inbox,
}

const connectAttemptsMax = 20

flushCompileCache() // it may be killed, and would keep nothing for the next one
process.on('disconnect', () => process.exit(1)) // nobody is there to kill it any more
const settings: ConsumerSettings = JSON.parse(process.argv[2] ?? '')
const pool = createPool({
  connectionString: settings.postgresUrl,
  applicationName: 'lab',
  connectionsMax: 3,
  onIdleError: () => {},
})

/** Before anything is read: a first connection that takes too long would be a fault of another kind. */
const connect = async (): Promise<void> => {
  for (let attempts = 1; ; attempts++) {
    try {
      await pool.query('SELECT 1')
      return
    } catch (error) {
      if (attempts === connectAttemptsMax) throw error
    }
  }
}

await connect()
const life = lifeOf(settings)
const stop = await modes[settings.mode]({
  settings,
  pool,
  life,
  book: async (payment) => {
    await life.before()
    await book(pool, { run: settings.topic, life: settings.life }, payment)
    await life.after()
  },
})
process.on('message', async (message) => {
  if (message !== stopNow) return
  await stop()
  await pool.end()
  process.exit(0)
})
