import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refused } from '@shop/command-line'
import { variantNames } from '@shop/manifest/variants'
import { z } from 'zod'

const recordedProcess = z.object({
  pid: z.int(),
  /** tells it from a later process with the same pid */
  identity: z.string().optional(),
  url: z.string(),
  log: z.string(),
})

const runRecord = z.object({
  pid: z.int(),
  startedAt: z.string(),
  dataDir: z.string(),
  /** in which other way orders are finished; absent: by the choreography */
  variant: z.enum(variantNames).optional(),
  kafkaBrokers: z.string(),
  /** of a broker other than Kafka */
  brokerUrl: z.string().optional(),
  postgresUrl: z.string(),
  mongoUrl: z.string(),
  /** for the services' admin routes; only the owner of the file may read it */
  adminToken: z.string(),
  /** where fault scripts ask the process that runs the shop; absent until the services run */
  doorUrl: z.string().optional(),
  /** a backend given by the environment is not here: it is not ours */
  backends: z.record(z.string(), recordedProcess),
  /** `url` is the base URL, without a path; a service that is down just now is missing; `database` is, where it has none */
  services: z.record(z.string(), recordedProcess.extend({ database: z.string().optional() })),
  /** what else runs: further processes of a service, the proxies of --faults */
  others: z.record(z.string(), recordedProcess),
})

export type RecordedProcess = z.output<typeof recordedProcess>
/** `<data folder>/run.json`: what runs now, for whoever acts on the shop. It is there from the first process to a clean stop. */
export type RunRecord = z.output<typeof runRecord>

/** Where `npm start` keeps its data unless told otherwise. */
export const defaultDataDir = join(import.meta.dirname, '../../.data')

/** What the record in a data folder says; `why` is a part of a sentence for people. */
export type Recorded =
  | { readonly record: RunRecord }
  /** `stale`: the process that wrote it is gone */
  | { readonly record: undefined; readonly stale: boolean; readonly why: string }

/** @throws Refused when the file is no such record */
export const readRunRecord = (dataDir: string): Recorded => {
  const file = join(dataDir, 'run.json')
  if (!existsSync(file)) return { record: undefined, stale: false, why: `no ${file}` }
  const record = parsed(file)
  if (isAlive(record.pid)) return { record }
  return { record: undefined, stale: true, why: `${file} is of a shop that is gone, pid ${record.pid}` }
}

const parsed = (file: string): RunRecord => {
  try {
    return runRecord.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw new Refused(`${file} is no record of a running shop: start the shop with npm start, or set the environment variables`)
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
