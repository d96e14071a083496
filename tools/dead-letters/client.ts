import { Refused } from '@shop/command-line'
import type { LetterContent, LetterResult, LetterSelection, LetterView, ParkResult } from '@shop/participant/letters'
import { ask, type ServicesAccess } from '../running-shop/index.ts'

/** A record by where it stands. */
export interface RecordPlace {
  readonly topic: string
  readonly partition: number
  /** Decimal. */
  readonly offset: string
}

/** The dead-letter routes of one service. All calls: @throws Refused, which says what it did not do and why. */
export const deadLetterClient = ({ urls, adminToken }: ServicesAccess, service: string) => {
  const url = urls[service]
  const call = async <Body>(path: string, body?: object): Promise<Body | undefined> => {
    const method = body ? 'POST' : 'GET'
    const { status, text, json } = await ask(`${url}/admin/dead-letters${path}`, { method, body, token: adminToken }).catch(
      (error: Refused) => {
        throw new Refused(`${service} cannot be asked (${error.message}): is the shop running?`, { cause: error })
      },
    )
    if (status === 404 && text.includes('dead letter')) return undefined
    if (status === 401) throw new Refused(`${service} refuses the token: set SHOP_ADMIN_TOKEN as the shop has it`)
    if (status > 299) throw new Refused(`${service} answered ${status}: ${text.slice(0, 300)}`)
    return json as Body
  }
  return {
    list: async (key?: string): Promise<readonly LetterView[]> => {
      const query = key === undefined ? '' : `&key=${encodeURIComponent(key)}`
      return (await call<{ deadLetters: LetterView[] }>(`?limit=1000${query}`))?.deadLetters ?? []
    },
    show: (id: string) => call<LetterContent>(`/${encodeURIComponent(id)}`),
    act: async (action: 'replay' | 'discard', selection: LetterSelection): Promise<readonly LetterResult[]> =>
      (await call<{ letters: LetterResult[] }>(`/${action}`, selection))?.letters ?? [],
    park: async (record: RecordPlace, dryRun: boolean): Promise<ParkResult> => {
      const result = await call<ParkResult>('/park', { ...record, dryRun })
      if (result === undefined) throw new Refused(`${service} cannot set records aside by hand: is it of an earlier release?`)
      return result
    },
  }
}
