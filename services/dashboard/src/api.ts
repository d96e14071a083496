/**
 * What the dashboard tells its page: types alone, nothing here is executed. Times are ISO 8601 in UTC, durations milliseconds (`…Ms`),
 * money integer minor units beside a `currency`. Errors are problem+json (RFC 9457): `{type, title, status, detail, errors?}`.
 * An optional field is absent when it is not known. Changes are additive.
 *
 *   GET    /api/about                                About
 *   GET    /api/stream[?order=<id>]                  server-sent events, see StreamMessages; one per page
 *   GET    /api/orders?state=&customerId=&stuckMs=&limit=&cursor=    OrderPage; newest first, limit 1–200 (50)
 *   GET    /api/orders/:id[?unmask=true]             Saga; 404 when no event of it was seen. unmask: only with the token (401)
 *   GET    /api/flow                                 Flow; its live part is also the message `pulse`
 *   GET    /api/series?minutes=                      SeriesAnswer; 1–360 minutes (15)
 *   GET    /api/shop                                 ShopView
 *   POST   /api/orders                               the order service's own answer (201, or its error), body and Idempotency-Key as there
 *   POST   /api/orders/:id/cancel                    the order service's own answer (202 | 404 | 409)
 *   POST   /api/presets/:id                          places the preset's order(s): 201 Placed
 *   POST   /api/bursts            BurstRequest       202 Burst; 409 while one runs
 *   GET    /api/bursts                               { burst?: Burst }: the latest
 *   DELETE /api/bursts                               ends it: 204
 *   POST   /api/customers/:id/deposits  {amount}     the payment service's own answer (201 Customer)
 *   POST   /api/products/:sku/receipts  {quantity}   the inventory service's own answer (201 {sku, onHand, reserved, available})
 *   GET    /api/faults                               FaultsView
 *   POST   /api/faults/:service   FaultRequest  (T)  201 Fault
 *   DELETE /api/faults/:service/:id             (T)  204
 *   DELETE /api/faults                          (T)  204: all faults and refusals of all services
 *   POST   /api/refusals/:service RefusalRequest (T) 201 Refusal; 404 where the service refuses nothing
 *   DELETE /api/refusals/:service/:id           (T)  204
 *   GET    /api/processes                            ProcessesView
 *   POST   /api/processes         ProcessRequest (T) 200 ProcessesView; 400 says what is wrong; 409 where there are none to act on
 *   GET    /api/dead-letters?service=&key=&limit=    DeadLettersView: what is set aside now, asked of the services; limit 1–1,000 (100)
 *   GET    /api/dead-letters/:service/:id       (T)  DeadLetterDetail; :id URL-encoded
 *   POST   /api/dead-letters/:service/replay    LetterSelection  (T)  { letters: LetterResult[] }
 *   POST   /api/dead-letters/:service/discard   LetterSelection  (T)  { letters: LetterResult[] }
 *   GET    /api/check                                CheckView
 *   POST   /api/check             { waitSeconds?: 0–60 }  (T)  202 CheckView; 409 while one runs or the last one began less than 5 s ago
 *   GET    /livez /readyz /metrics                   as with every service
 *   everything else                                  the built page; unknown paths without a file extension get its index.html
 *
 * (T): `Authorization: Bearer <ADMIN_TOKEN>`; 401 without it, 404 when actions are not enabled (see About.actions). `npm start` opens the
 * page at `/#token=<ADMIN_TOKEN>`: a fragment never leaves the browser. Keep it in sessionStorage, take it out of the address bar.
 * Everything but GET must be `Content-Type: application/json` (when there is a body) and same-origin, else 403.
 *
 * Content-Security-Policy: default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none';
 * base-uri 'none'; form-action 'none'; frame-ancestors 'none'. So no inline script, no <style> and no style="" in HTML; styles set through
 * the CSSOM (`element.style.x = …`) and adopted style sheets are fine.
 */

export type * from './api/check.ts'
export type * from './api/dead-letters.ts'
export type * from './api/faults.ts'
export type * from './api/flow.ts'
export type * from './api/orders.ts'
export type * from './api/saga.ts'
export type * from './api/series.ts'
export type * from './api/shop.ts'
export type * from './api/stream.ts'

export interface About {
  /** What the reader may do. */
  readonly actions: {
    /** False: no faults, no dead-letter actions, no check from here; `how` says what to set. */
    readonly enabled: boolean
    /** One sentence for people. */
    readonly how: string
    /** True when this request carried the right token. Ask with the Authorization header to test one. */
    readonly tokenValid: boolean
  }
  readonly services: readonly string[]
  /** The services in the order of the lanes, with the events each owns. */
  readonly lanes: readonly { readonly service: string; readonly events: readonly string[] }[]
  /** Bounds that the page should know. */
  readonly limits: {
    /** Frames a second, at most. */
    readonly framesPerSecondMax: number
    /** Changed orders in one frame, at most: the rest is counted in `omitted`. */
    readonly ordersPerFrameMax: number
    readonly burstMax: number
    readonly burstPerSecondMax: number
    /** Orders are forgotten when they began longer ago. */
    readonly retentionMs: number
    /** Orders kept, at most. */
    readonly ordersMax: number
  }
}
