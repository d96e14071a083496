import { signal } from '@preact/signals'
import type { About } from '#api'

/** What the server, or the service behind it, refused; `message` is a sentence for people. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly { readonly field: string; readonly message: string }[]
}

const tokenKey = 'admin-token'

/** The token for faults, dead letters and the check; lives as long as the tab. */
export const token = signal(sessionStorage.getItem(tokenKey) ?? '')
export const about = signal<About | undefined>(undefined)
/** True when faults, dead letters and the check may be used from here. */
export const mayAct = (): boolean => about.value?.actions.enabled === true && about.value.actions.tokenValid

/** `/#token=…`, as `npm start` prints it: kept for the tab, and taken out of the address bar. */
export const takeToken = (): void => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given === null) return
  history.replaceState(null, '', location.pathname + location.search)
  useToken(given)
}

export const useToken = (given: string): void => {
  token.value = given
  sessionStorage.setItem(tokenKey, given)
}

const requestMsMax = 20_000

const request = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<unknown> => {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(token.value === '' ? {} : { authorization: `Bearer ${token.value}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestMsMax),
    })
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    throw new Refused(
      0,
      late ? 'The dashboard took too long to answer. Try again.' : 'The dashboard does not answer. Is the shop running?',
    )
  }
  const text = await response.text()
  const answer: unknown = text === '' ? undefined : readJson(text)
  if (!response.ok) throw new Refused(response.status, sentence(response, answer as Problem | undefined))
  return answer
}

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const sentence = (response: Response, problem: Problem | undefined): string => {
  const fields = problem?.errors?.map((e) => `${e.field}: ${e.message}`).join('; ')
  return fields || problem?.detail || problem?.title || `The dashboard answered ${response.status} ${response.statusText}.`
}

export const get = <Answer>(path: string): Promise<Answer> => request('GET', path) as Promise<Answer>
export const post = <Answer>(path: string, body: unknown = {}, headers?: Record<string, string>): Promise<Answer> =>
  request('POST', path, body, headers) as Promise<Answer>
export const remove = (path: string): Promise<unknown> => request('DELETE', path)

/** Asks what this page may do; again whenever the token changes. */
export const learnAbout = async (): Promise<void> => {
  about.value = await get<About>('/api/about')
}
