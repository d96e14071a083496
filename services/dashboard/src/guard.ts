import { createHash, timingSafeEqual } from 'node:crypto'
import { notFound, Problem } from '@shop/service-host'
import type { Request, RequestHandler } from 'express'

const policy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What a browser is told about every answer: nothing inline, nothing from elsewhere, no frame around it. */
export const securityHeaders: RequestHandler = (_req, res, next) => {
  res.setHeader('Content-Security-Policy', policy)
  res.setHeader('Referrer-Policy', 'no-referrer')
  res.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
  res.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  next()
}

/**
 * Refuses what another site makes a reader's browser send (403). A browser names the page's origin with every request that may change
 * something, and newer ones say whether it is ours; a program that is no browser sends neither. The name in `Host` has to be one of
 * ours, too: otherwise a foreign name that resolves to this machine would make a foreign page "same-origin".
 *
 * @param hosts names by which the dashboard may be reached, without ports.
 */
export const sameOrigin = (hosts: readonly string[]): RequestHandler => {
  const known = new Set(hosts)
  return (req, _res, next) => {
    const host = req.headers.host ?? ''
    const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
    if (!known.has(name)) throw refused(`the host ${name.slice(0, 100)} is not one of ${hosts.join(', ')}; set ALLOWED_HOSTS`)
    if (req.method === 'GET' || req.method === 'HEAD') return next()
    const { origin, 'sec-fetch-site': site } = req.headers
    if (site !== undefined && site !== 'same-origin') throw refused('this request comes from another site')
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
      throw refused('this request comes from another origin')
    next()
  }
}

const refused = (why: string): Problem => new Problem(403, why)

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Who may act: those who send the token, when there is one and actions are enabled. */
export class Guard {
  readonly enabled: boolean
  readonly #expected: Buffer | undefined

  constructor({ token, actions }: { token: string | undefined; actions: boolean }) {
    this.#expected = token === undefined ? undefined : digest(`Bearer ${token}`)
    this.enabled = actions && token !== undefined
  }

  /** Takes the same time whatever was sent. */
  hasToken(req: Request): boolean {
    return this.#expected !== undefined && timingSafeEqual(digest(req.get('authorization') ?? ''), this.#expected)
  }

  /** 401 without the token. */
  requireToken(req: Request): void {
    if (!this.hasToken(req))
      throw new Problem(401, 'send the header Authorization: Bearer <ADMIN_TOKEN>', { headers: { 'WWW-Authenticate': 'Bearer' } })
  }

  /** For routes that change more than the shop's own API does: 404 unless actions are enabled, 401 without the token. */
  readonly action: RequestHandler = (req, _res, next) => {
    if (!this.enabled) throw notFound(`an action here (DASHBOARD_ACTIONS is off): ${req.path.slice(0, 100)}`)
    this.requireToken(req)
    next()
  }
}
