import { Problem } from '@shop/service-host'

const answerMsMax = 5_000

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Sent as JSON; absent: no body. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Default 5,000 ms. */
  readonly timeoutMs?: number
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** The shop's services as seen from here: over HTTP, by name. */
export class Upstream {
  readonly #urls: ReadonlyMap<string, string>

  /** @param urls by service, without a path. */
  constructor(urls: ReadonlyMap<string, string>) {
    this.#urls = urls
  }

  get services(): readonly string[] {
    return [...this.#urls.keys()]
  }

  /** @throws Problem 404 for a service that there is not, 502 when it does not answer in time. */
  async call(
    service: string,
    path: string,
    { method = 'GET', body, headers = {}, timeoutMs = answerMsMax }: Call = {},
  ): Promise<Answer> {
    const url = this.#urls.get(service)
    if (url === undefined)
      throw new Problem(404, `there is no service ${service.slice(0, 100)}, only ${this.services.join(', ')}`)
    try {
      const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...json, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      return { status: response.status, headers: response.headers, text: await response.text() }
    } catch (error) {
      throw new Problem(502, `the service ${service} does not answer: ${reasonOf(error)}`, { headers: { 'Retry-After': '2' } })
    }
  }

  /** The JSON of an answer that succeeded. @throws Problem 502 with what the service said otherwise. */
  async json<T>(service: string, path: string, call?: Call): Promise<T> {
    const { status, text } = await this.call(service, path, call)
    if (status < 200 || status > 299) throw new Problem(502, `the service ${service} says ${status}: ${detailOf(text)}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
}

export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? cause.message : ((cause as { code?: string })?.code ?? error.message)
}

export const detailOf = (text: string): string => {
  try {
    return String((JSON.parse(text) as { detail?: unknown }).detail ?? text).slice(0, 300)
  } catch {
    return text.slice(0, 300)
  }
}
