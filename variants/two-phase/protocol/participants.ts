/** The participants as the coordinator reaches them: over HTTP, every wait bounded. */
import { z } from 'zod'
import type { Carried, InDoubt, Vote } from './prepared.ts'

export interface Participant<Purchase> {
  /** Phase one. @throws when it cannot be reached, or does not answer in time: whether it has prepared is not known then. */
  prepare(purchase: Purchase): Promise<Vote>
  /** Phase two; may be told again. @param reason of a rollback. @throws when it is not known to have done it. */
  end(orderId: string, outcome: 'commit' | 'rollback', reason?: string): Promise<Carried>
  inDoubt(): Promise<readonly InDoubt[]>
}

/** Longer than a participant waits for a lock. */
const prepareMsMax = 10_000
const endMsMax = 5_000

const vote = z.union([z.object({ vote: z.literal('yes') }), z.object({ vote: z.literal('no'), reason: z.string() })])
const carried = z.object({ carried: z.enum(['done', 'damaged']) })
const inDoubt = z.object({ inDoubt: z.array(z.object({ orderId: z.string(), preparedAt: z.string() })) })

export interface Reach {
  /** Without a path. */
  readonly url: string
  readonly token: string
}

/** Asks for JSON. @throws Error when the answer is none of success, does not come in time, or is not what was asked for */
export const call = async <S extends z.ZodType>(
  { url, token }: Reach,
  {
    method,
    path,
    body,
    msMax,
  }: { readonly method: string; readonly path: string; readonly body?: object; readonly msMax: number },
  schema: S,
): Promise<z.output<S>> => {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(msMax),
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url}${path} answered ${answer.status}: ${text.slice(0, 300)}`)
  return schema.parse(JSON.parse(text))
}

export const participantAt = <Purchase extends { readonly orderId: string }>(reach: Reach): Participant<Purchase> => {
  const path = (orderId: string, what: string) => `/admin/transactions/${orderId}/${what}`
  return {
    prepare: (purchase) =>
      call(reach, { method: 'POST', path: path(purchase.orderId, 'prepare'), body: purchase, msMax: prepareMsMax }, vote),
    end: async (orderId, outcome, reason) => {
      const body = reason === undefined ? {} : { reason }
      return (await call(reach, { method: 'POST', path: path(orderId, outcome), body, msMax: endMsMax }, carried)).carried
    },
    inDoubt: async () => (await call(reach, { method: 'GET', path: '/admin/transactions', msMax: endMsMax }, inDoubt)).inDoubt,
  }
}
