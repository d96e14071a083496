import type { Request } from 'express'
import type { z } from 'zod'
import { badRequest, type FieldError } from './problem.ts'

const errorsMax = 20
const fieldLengthMax = 100

/**
 * The value as `schema` reads it. Use `z.strictObject`, so that unknown fields, `status[$gt]` among them, are refused.
 *
 * @throws Problem 400 with each field at fault (the first 20). Only this maps a zod failure to the client: a ZodError from elsewhere is a
 * fault of ours, and 500.
 */
export const parse = <S extends z.ZodType>(schema: S, value: unknown, where: 'body' | 'query' | 'params'): z.output<S> => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const errors = result.error.issues.flatMap((issue) => fieldErrors(issue, where)).slice(0, errorsMax)
  throw badRequest(`the ${where} is not valid: ${[...new Set(errors.map(({ field }) => field))].join(', ')}`, errors)
}

const fieldErrors = (issue: z.core.$ZodIssue, where: string): FieldError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: pathOf([...issue.path, key], where), message: 'unknown field' }))
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return [{ field: pathOf(issue.path, where), message: missing ? 'required' : issue.message.replace(/^Invalid input: /, '') }]
}

/** `['lines', 0, 'quantity']` as `lines[0].quantity`; the empty path is the whole of `where`. */
export const pathOf = (path: readonly PropertyKey[], where: string): string => {
  const text = path.reduce<string>(
    (prefix, key) => (typeof key === 'number' ? `${prefix}[${key}]` : prefix ? `${prefix}.${String(key)}` : String(key)),
    '',
  )
  return text === '' ? where : text.slice(0, fieldLengthMax)
}

/**
 * The request's Idempotency-Key, or undefined without one.
 *
 * @throws Problem 400 unless it is one header of 1 to 255 visible ASCII characters.
 */
export const idempotencyKey = (req: Request): string | undefined => {
  const key = req.headers['idempotency-key']
  if (key === undefined) return undefined
  // Node joins repeated headers with a comma and a space, and the space fails here too.
  if (typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key)) return key
  const message = 'expected once, 1 to 255 visible ASCII characters without spaces'
  throw badRequest(`the Idempotency-Key is not valid: ${message}`, [{ field: 'Idempotency-Key', message }])
}
