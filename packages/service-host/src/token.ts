import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { Problem } from './problem.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Lets a request pass that carries the token as `Authorization: Bearer <token>`. Takes the same time whatever was sent. */
export const requireToken = (token: string): RequestHandler => {
  const expected = digest(`Bearer ${token}`)
  return (req, _res, next) => {
    if (timingSafeEqual(digest(req.get('authorization') ?? ''), expected)) return next()
    throw new Problem(401, 'send the header Authorization: Bearer <ADMIN_TOKEN>', { headers: { 'WWW-Authenticate': 'Bearer' } })
  }
}
