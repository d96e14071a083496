import { STATUS_CODES } from 'node:http'
import type { Response } from 'express'

export interface FieldError {
  /** Path of the field as the client wrote it: `lines[0].quantity`, or `body` for the whole. */
  field: string
  message: string
}

export interface ProblemOptions {
  /** URI of the kind of problem. Default `about:blank`: the status says it all. */
  type?: string
  /** Default the status' own phrase. */
  title?: string
  errors?: readonly FieldError[]
  /** Headers that belong to the answer, such as Retry-After. */
  headers?: Readonly<Record<string, string>>
  /** URI of this one occurrence, by which its log line is found. */
  instance?: string
}

/** An answer of RFC 9457: throw it in a route and the client gets it as `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly detail: string
  readonly type: string
  readonly title: string
  readonly errors: readonly FieldError[] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly instance: string | undefined

  constructor(status: number, detail: string, options: ProblemOptions = {}) {
    super(detail)
    this.status = status
    this.detail = detail
    this.type = options.type ?? 'about:blank'
    this.title = options.title ?? STATUS_CODES[status] ?? 'Error'
    this.errors = options.errors
    this.headers = options.headers ?? {}
    this.instance = options.instance
  }

  toJSON(): Record<string, unknown> {
    const { type, title, status, detail, instance, errors } = this
    return { type, title, status, detail, ...(instance && { instance }), ...(errors && { errors }) }
  }
}

/** 404. `what` is the thing that does not exist, as in `order 0198…`. */
export const notFound = (what: string): Problem => new Problem(404, `${what} does not exist`)

/** 400: the request makes no sense as it stands. */
export const badRequest = (detail: string, errors?: readonly FieldError[]): Problem =>
  new Problem(400, detail, errors && { errors })

/** 409: the state of the resource does not allow it now. */
export const conflict = (detail: string, options?: ProblemOptions): Problem => new Problem(409, detail, options)

/** 422: well formed, yet refused for what it says, as with an unknown sku. */
export const unprocessable = (detail: string, errors?: readonly FieldError[]): Problem =>
  new Problem(422, detail, errors && { errors })

const retryAfter = (seconds: number) => ({ headers: { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) } })

/** 429 with Retry-After: this client alone asks for too much. `retryAfterSeconds` is rounded up to at least 1. */
export const tooMany = (retryAfterSeconds: number, detail: string): Problem =>
  new Problem(429, detail, retryAfter(retryAfterSeconds))

/** 503 with Retry-After. `retryAfterSeconds` is rounded up to at least 1. */
export const unavailable = (retryAfterSeconds: number, detail = 'temporarily unavailable'): Problem =>
  new Problem(503, detail, retryAfter(retryAfterSeconds))

export const sendProblem = (res: Response, problem: Problem, extensions?: Record<string, unknown>): void => {
  res.status(problem.status).set(problem.headers).setHeader('Content-Type', 'application/problem+json')
  res.end(JSON.stringify({ ...problem.toJSON(), ...extensions }))
}
