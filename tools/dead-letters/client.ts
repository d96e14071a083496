import type { RunningShop } from './running-shop.ts'

/** A dead letter as a service shows it. */
export interface LetterView {
  readonly id: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly type?: string
  readonly eventId?: string
  readonly consumer: string
  readonly kind: 'undecodable' | 'failed' | 'held'
  readonly error: string
  readonly attempts: number
  readonly firstAt: string
  readonly lastAt: string
  readonly needsAttention: boolean
}

export interface LetterContent extends LetterView {
  readonly headers: Readonly<Record<string, string>>
  readonly value: string | null
}

export interface LetterResult {
  readonly id: string
  readonly outcome: string
  readonly error?: string
}

/** Which letters of a service. */
export type Selection = { readonly id: string } | { readonly key: string } | { readonly all: true }

/** A service did not do what was asked; the message says which and why. */
export class ServiceRefusal extends Error {
  override readonly name = 'ServiceRefusal'
}

const answerMsMax = 60_000

/** The dead-letter routes of one service. All calls: @throws ServiceRefusal. */
export const deadLetterClient = ({ urls, adminToken }: RunningShop, service: string) => {
  const ask = async <Body>(path: string, body?: object): Promise<Body | undefined> => {
    const url = `${urls[service]}/admin/dead-letters${path}`
    let answer: Response
    try {
      answer = await fetch(url, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(answerMsMax),
      })
    } catch (error) {
      const cause = (error as Error).cause instanceof Error ? ((error as Error).cause as Error).message : (error as Error).message
      throw new ServiceRefusal(`${service} does not answer at ${urls[service]} (${cause}): is the shop running?`)
    }
    const text = await answer.text()
    if (answer.status === 404 && text.includes('dead letter')) return undefined
    if (answer.status === 401) throw new ServiceRefusal(`${service} refuses the token: set SHOP_ADMIN_TOKEN as the shop has it`)
    if (!answer.ok) throw new ServiceRefusal(`${service} answered ${answer.status}: ${text.slice(0, 300)}`)
    return JSON.parse(text) as Body
  }
  return {
    list: async (key?: string): Promise<readonly LetterView[]> => {
      const query = key === undefined ? '' : `&key=${encodeURIComponent(key)}`
      return (await ask<{ deadLetters: LetterView[] }>(`?limit=1000${query}`))?.deadLetters ?? []
    },
    show: (id: string) => ask<LetterContent>(`/${encodeURIComponent(id)}`),
    act: async (action: 'replay' | 'discard', selection: Selection, dryRun: boolean): Promise<readonly LetterResult[]> =>
      (await ask<{ letters: LetterResult[] }>(`/${action}`, { ...selection, dryRun }))?.letters ?? [],
  }
}
