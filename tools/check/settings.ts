import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Unreadable } from './unreadable.ts'

/** Where the shop keeps its data. */
export interface Settings {
  readonly brokers: readonly string[]
  /** An administrator's; each service's own database stands beside the one named here. */
  readonly postgresUrl: string
  readonly mongoUrl: string
}

const runRecord = z.object({ kafkaBrokers: z.string(), postgresUrl: z.string(), mongoUrl: z.string() }).partial()
const recordFile = join(import.meta.dirname, '../../.data/run.json')

const recorded = (file: string): z.infer<typeof runRecord> => {
  if (!existsSync(file)) return {}
  try {
    return runRecord.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new Unreadable(
      `${file} is no record of a running shop – start the shop with npm start, or set the environment variables`,
    )
  }
}

/** From the environment, and what is missing there from what `npm start` wrote down. @throws Unreadable when that leaves something out. */
export const readSettings = (env: Readonly<Record<string, string | undefined>>, file = recordFile): Settings => {
  const record = env.KAFKA_BROKERS && env.POSTGRES_URL && env.MONGO_URL ? {} : recorded(file)
  const brokers = env.KAFKA_BROKERS || record.kafkaBrokers
  const postgresUrl = env.POSTGRES_URL || record.postgresUrl
  const mongoUrl = env.MONGO_URL || record.mongoUrl
  if (!brokers || !postgresUrl || !mongoUrl) {
    const missing = Object.entries({ KAFKA_BROKERS: brokers, POSTGRES_URL: postgresUrl, MONGO_URL: mongoUrl })
      .filter(([, value]) => !value)
      .map(([name]) => name)
    throw new Unreadable(`no shop to check: no shop runs here (no ${file}) – run npm start, or set ${missing.join(', ')}`)
  }
  return { brokers: brokers.split(','), postgresUrl, mongoUrl }
}
