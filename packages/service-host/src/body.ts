import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import { pathOf } from './input.ts'
import { badRequest, type FieldError, Problem } from './problem.ts'

/** No body of ours is deeper than four; what walks a value may count on a bound. */
const depthMax = 32
const methodsWithBody = new Set(['POST', 'PUT', 'PATCH'])
const suspect = Symbol('the body may hold text that a database refuses')
type Suspect = Request & { [suspect]?: true }

/**
 * Reads JSON bodies up to 64 KB into `req.body`; without a body it stays undefined.
 * Refuses another content type (415), more bytes (413), malformed JSON, more than 32 levels and text that cannot be stored (400).
 */
export const jsonBody = (): RequestHandler[] => {
  const json = express.json({
    limit: '64kb',
    strict: true,
    inflate: false,
    type: 'application/json',
    verify: (req: Suspect, _res, raw) => {
      // Before it is parsed: a parser and all that walks its value would follow the client as deep as it likes.
      if (isDeeperThan(depthMax, raw)) throw badRequest(`the body is nested deeper than ${depthMax} levels`)
      if (raw.includes('\\u')) req[suspect] = true
    },
  })
  return [refuseOtherTypes, json, refuseUnstorableText]
}

const [quote, backslash, openArray, closeArray, openObject, closeObject] = Buffer.from('"\\[]{}')

/** Counts brackets outside of strings, and stops at the first that is too many. */
const isDeeperThan = (max: number, json: Buffer): boolean => {
  let depth = 0
  let inString = false
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    if (inString) {
      if (byte === backslash) i++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === openArray || byte === openObject) {
      if (++depth > max) return true
    } else if (byte === closeArray || byte === closeObject) depth--
  }
  return false
}

const refuseOtherTypes = (req: Request, _res: Response, next: NextFunction): void => {
  const { 'content-length': length, 'transfer-encoding': coding } = req.headers
  // Clients send `Content-Length: 0` with a POST that has no body; `req.is` would call that a body.
  const empty = coding === undefined && (length === undefined || length === '0')
  if (!empty && methodsWithBody.has(req.method) && !req.is('application/json')) {
    throw new Problem(415, 'the body must be sent with Content-Type: application/json')
  }
  next()
}

/**
 * NUL and unpaired surrogates are fine in JSON and in JavaScript, but PostgreSQL refuses them: that would be our 500 for the client's
 * fault. In valid UTF-8 only a \u escape makes them, so other bodies are not walked.
 */
const refuseUnstorableText = (req: Suspect, _res: Response, next: NextFunction): void => {
  const errors = req[suspect] ? unstorable(req.body, []) : []
  if (errors.length > 0) throw badRequest('the body contains text that cannot be stored', errors)
  next()
}

const unstorable = (value: unknown, path: PropertyKey[]): FieldError[] => {
  if (typeof value === 'string') {
    if (isStorable(value)) return []
    return [{ field: pathOf(path, 'body'), message: 'must not contain NUL or unpaired surrogates' }]
  }
  if (Array.isArray(value)) return firstOf(value.entries(), path)
  if (value !== null && typeof value === 'object') return firstOf(Object.entries(value), path)
  return []
}

/** The first fault is enough: this is nobody's honest mistake. */
const firstOf = (entries: Iterable<[PropertyKey, unknown]>, path: PropertyKey[]): FieldError[] => {
  for (const [key, value] of entries) {
    if (typeof key === 'string' && !isStorable(key)) return [{ field: pathOf(path, 'body'), message: 'unknown field' }]
    const errors = unstorable(value, [...path, key])
    if (errors.length > 0) return errors
  }
  return []
}

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
