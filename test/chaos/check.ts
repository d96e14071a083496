import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { isRabbit } from '@shop/broker'
import type { Access } from '@shop/tools/running-shop'
import type { Verdict } from '../../tools/check/invariants.ts'

const checkMain = join(import.meta.dirname, '../../tools/check/main.ts')
const outputBytesMax = 64 * 1024 * 1024

export interface CheckResult {
  readonly holds: boolean
  readonly notAtRest: readonly string[]
  readonly invariants: readonly Verdict[]
}

/** `npm run check` on this shop. @throws Error with its output when it cannot be read */
export const checkShop = ({ brokers, postgresUrl, mongoUrl }: Access, waitSeconds: number): Promise<CheckResult> => {
  const broker = isRabbit(brokers) ? { BROKER_URL: brokers.join(',') } : { KAFKA_BROKERS: brokers.join(',') }
  const env = { ...process.env, ...broker, POSTGRES_URL: postgresUrl, MONGO_URL: mongoUrl }
  const options = { env, maxBuffer: outputBytesMax, timeout: (waitSeconds + 300) * 1_000 }
  return new Promise((resolve, reject) =>
    execFile(process.execPath, [checkMain, '--json', '--wait', String(waitSeconds)], options, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as CheckResult)
      } catch {
        reject(new Error(`the check failed (${error?.code}): ${stderr.slice(-2_000)}`))
      }
    }),
  )
}
