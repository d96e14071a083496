import type { Request, Response } from 'express'
import { masked } from './mask.ts'
import type { Answer } from './upstream.ts'

const passedOn = ['content-type', 'location', 'retry-after', 'idempotent-replayed']

/** Hands a service's answer on as it is, but for names and addresses. */
export const pass = (res: Response, { status, headers, text }: Answer): void => {
  for (const name of passedOn) {
    const value = headers.get(name)
    if (value !== null) res.setHeader(name, value)
  }
  const isJson = /json/.test(headers.get('content-type') ?? '') && text !== ''
  res.status(status).end(isJson ? JSON.stringify(masked(JSON.parse(text))) : text)
}

/** A part of the path as the caller wrote it, for another path. */
export const segment = (req: Request, name: string): string => encodeURIComponent(String(req.params[name]))
