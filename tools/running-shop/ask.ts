import { Refused } from '@shop/command-line'

export interface Question {
  readonly method?: string
  /** Sent as JSON. */
  readonly body?: object | undefined
  readonly token: string
  /** Default 60,000 ms. */
  readonly answerMsMax?: number
}

export interface Answer {
  readonly status: number
  readonly text: string
  /** undefined without a body. */
  readonly json: unknown
}

/** Why nobody answers, in a few words. */
const reasonOf = ({ cause, message }: Error): string => (cause instanceof Error && cause.message !== '' ? cause.message : message)

/** Asks an HTTP route of the shop. @throws Refused when nobody answers in time, or with something else than JSON */
export const ask = async (url: string, { method = 'GET', body, token, answerMsMax = 60_000 }: Question): Promise<Answer> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const signal = AbortSignal.timeout(answerMsMax)
  try {
    const answer = await fetch(url, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) })
    const text = await answer.text()
    return { status: answer.status, text, json: text === '' ? undefined : JSON.parse(text) }
  } catch (error) {
    throw new Refused(`${new URL(url).origin} does not answer: ${reasonOf(error as Error)}`, { cause: error })
  }
}

/** As `ask`, for the body of an answer that succeeded. @throws Refused with the detail of one that did not, too */
export const askJson = async (url: string, question: Question): Promise<unknown> => {
  const { status, json } = await ask(url, question)
  if (status >= 200 && status <= 299) return json
  throw new Refused((json as { detail?: string } | undefined)?.detail ?? `${new URL(url).origin} answered ${status}`)
}
