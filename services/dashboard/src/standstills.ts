/** Pure: what a service says of parts that stand still, and what somebody who reads it can do. */
import type { ServiceStandstill } from './api.ts'

export const standingSecondsMin = 30

const place = /^stands still at (?<topic>[\w.-]+)\/(?<partition>\d+)@(?<offset>\d+) /

/** @param seconds without progress by part. @param readiness the body of the service's /readyz, which has the reasons. */
export const standstillsIn = (
  service: string,
  seconds: Readonly<Record<string, number>>,
  readiness: string,
): readonly ServiceStandstill[] => {
  const reasons = reasonsIn(readiness)
  return Object.entries(seconds)
    .filter(([, s]) => s >= standingSecondsMin)
    .map(([part, s]) => {
      const reason = reasons[`${part}-progress`] ?? `stands still for ${s} s`
      const { topic, partition, offset } = place.exec(reason)?.groups ?? {}
      const command = `npm run dead-letters -- park ${topic} ${partition} ${offset} --service ${service} --yes`
      const text = `${service} (${part}) ${reason}`
      return { part, seconds: s, text, ...(part === 'consumer' && topic !== undefined ? { command } : {}) }
    })
}

const reasonsIn = (readiness: string): Readonly<Record<string, string>> => {
  try {
    const { checks } = JSON.parse(readiness) as { readonly checks?: Readonly<Record<string, string>> }
    return checks ?? {}
  } catch {
    return {}
  }
}
