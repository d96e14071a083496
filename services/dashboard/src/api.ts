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

// ---------------------------------------------------------------------------------------------------------------- about

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

// --------------------------------------------------------------------------------------------------------------- orders

/** As the topics tell it: CANCELLING is an open order with a request to cancel. */
export type OrderState = 'PENDING' | 'CANCELLING' | 'CONFIRMED' | 'CANCELLED'

export interface OrderSummary {
  readonly orderId: string
  readonly state: OrderState
  /** Absent as long as OrderPlaced has not been seen: topics are independent. */
  readonly customerId?: string
  readonly total?: number
  readonly currency?: string
  /** Why it was cancelled, such as `out_of_stock`. */
  readonly reason?: string
  /** Of its earliest event. */
  readonly firstAt: string
  /** Of its latest event. */
  readonly lastAt: string
  readonly lastType: string
  /** Its final event; absent while it is open. */
  readonly endedAt?: string
  /** From firstAt to endedAt. */
  readonly durationMs?: number
  /** Events without copies. */
  readonly events: number
  /** Copies of its events on the topics (same event id), which consumers drop. */
  readonly duplicates: number
  /** Copies of its events on dead-letter topics. */
  readonly deadLetters: number
  /** A step of it has been undone. */
  readonly compensated: boolean
  /** Services that have yet to answer, empty once it has ended. */
  readonly waitingFor: readonly string[]
}

export interface Totals extends Readonly<Record<OrderState, number>> {
  readonly all: number
  /** Events without copies, since the store was made. */
  readonly events: number
  readonly duplicates: number
  readonly deadLetters: number
}

export interface OrderPage {
  readonly orders: readonly OrderSummary[]
  /** Of all orders, whatever the filter. */
  readonly totals: Totals
  /** Give it as `cursor` for the next page; absent on the last one. */
  readonly nextCursor?: string
}

// ------------------------------------------------------------------------------------------------------------- one saga

export interface SagaEvent {
  /** `<topic>/<partition>/<offset>`: unique, also among copies. */
  readonly position: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The service that owns the event: its lane. */
  readonly service: string
  /** The event's name; `(undecodable)` for a record that fits no schema. */
  readonly type: string
  /** The event's id; copies share it. */
  readonly id: string
  readonly causationId?: string
  readonly correlationId: string
  readonly traceparent?: string
  /** When its service stored it. */
  readonly at: string
  /** When it was produced to Kafka. */
  readonly writtenAt: string
  /** When the dashboard read it. After a rebuild of the store that is the time of the rebuild. */
  readonly seenAt: string
  /** From the saga's first event to this one, by `at`; may be negative by clocks that differ. */
  readonly sinceStartMs: number
  /** From its cause to this one, by `at`; absent without a cause that has been seen. */
  readonly sinceCauseMs?: number
  /** The position of the first record with this id, when this one is a copy. */
  readonly copyOf?: string
  /** The event's data; names and addresses masked unless asked for. Absent for `(undecodable)`. */
  readonly data?: unknown
  /** Why it could not be read, for `(undecodable)`. */
  readonly error?: string
  /** The headers as on the topic. */
  readonly headers: Readonly<Record<string, string>>
  readonly terminal: boolean
  readonly pivot: boolean
}

/** A step that has a compensation, and the event that undid it. */
export interface SagaCompensation {
  readonly stepType: string
  /** SagaEvent.id. */
  readonly stepId: string
  /** The event type that undoes it. */
  readonly undoneByType: string
  /** SagaEvent.id of that event; absent while the step stands. */
  readonly undoneById?: string
}

/** A reaction that the choreography declares and that has not been seen yet. Empty once the order has ended. */
export interface SagaExpectation {
  /** Who has to react. */
  readonly service: string
  /** To which event: its type and SagaEvent.id. */
  readonly on: string
  readonly onId: string
  /** What may come of it, any of them. */
  readonly mayEmit: readonly string[]
  /** Events that this reaction waits for and that have not been seen. */
  readonly needs: readonly string[]
  /** `at` of the event that it has to react to. */
  readonly since: string
}

/** A copy of an event of this order on a dead-letter topic. Whether it is still set aside: GET /api/dead-letters?key=<orderId>. */
export interface SagaDeadLetter {
  /** Who set it aside. */
  readonly consumer: string
  /** `<topic>/<partition>/<offset>` of the record that was set aside: SagaEvent.position, and the id of the dead letter at its service. */
  readonly position: string
  readonly kind: 'undecodable' | 'failed' | 'held'
  readonly error: string
  readonly attempts: number
  readonly type?: string
  readonly eventId?: string
  readonly firstAt: string
  readonly lastAt: string
  /** Where the copy stands: `<dead-letter topic>/<partition>/<offset>`. */
  readonly copy: string
}

export interface Saga {
  readonly order: OrderSummary
  /** By `at`, copies included; at most 500, `eventsOmitted` tells of more. */
  readonly events: readonly SagaEvent[]
  readonly eventsOmitted: number
  readonly compensations: readonly SagaCompensation[]
  readonly expected: readonly SagaExpectation[]
  readonly deadLetters: readonly SagaDeadLetter[]
  readonly masked: boolean
}

// --------------------------------------------------------------------------------------------------------------- stream

/**
 * The messages of GET /api/stream by their `event:` name; each has JSON in `data:`. Heartbeats are comments every 10 s besides.
 *
 * - After connecting: with a Last-Event-ID that is still in the ring, the frames since then; else one `snapshot`.
 *   With ?order=, one `saga` besides (or `saga-unknown` when nothing of it was seen yet).
 * - Then `frame`s, at most 15 a second, only when something changed. A reader that is too slow gets no frames meanwhile and then a `snapshot`.
 * - `saga` whenever the order of ?order= changed: the whole view, to be put in place of the former one. Always masked.
 * - `pulse` every 2 s: figures of services, topics and consumers. It has no id.
 * `snapshot` and `frame` carry ids; EventSource sends the last one again by itself.
 */
export interface StreamMessages {
  readonly snapshot: Snapshot
  readonly frame: Frame
  readonly saga: Saga
  readonly 'saga-unknown': { readonly orderId: string }
  readonly pulse: Pulse
}

/** All that a page needs to begin anew: put it in place of what frames had brought. */
export interface Snapshot {
  readonly at: string
  readonly totals: Totals
  /** The newest 50. */
  readonly orders: readonly OrderSummary[]
  readonly rates: Rates
}

/** What changed since the frame before. */
export interface Frame {
  readonly at: string
  readonly totals: Totals
  /** Those that changed, each as it is now; at most `ordersPerFrameMax`, first those that ended. Replace or insert by orderId. */
  readonly orders: readonly OrderSummary[]
  /** So many more orders changed than are listed: ask GET /api/orders again when you show a filtered list. */
  readonly omitted: number
  readonly rates: Rates
}

/** Over the last 5 s. */
export interface Rates {
  readonly eventsPerSecond: number
  readonly placedPerSecond: number
  readonly endedPerSecond: number
  /** From the record's time in Kafka to its being stored here, of the events in these 5 s; absent without any. */
  readonly lagP50Ms?: number
  readonly lagP95Ms?: number
}

export interface Pulse {
  readonly at: string
  readonly flow: FlowLive
  readonly rates: Rates
  /** The latest one, also after it has ended. */
  readonly burst?: Burst
}

// ----------------------------------------------------------------------------------------------------------------- flow

export interface Flow extends FlowLive {
  /** Mermaid text of the choreography; node ids are event names. Edge labels name the service that reacts. */
  readonly mermaid: string
}

export interface FlowLive {
  readonly sampledAt: string
  readonly events: readonly FlowEvent[]
  /** In the order of `mermaid`'s arrows between events. */
  readonly edges: readonly FlowEdge[]
  readonly starts: readonly FlowStart[]
  readonly topics: readonly TopicState[]
  readonly groups: readonly GroupState[]
  readonly services: readonly ServiceState[]
  /** One sentence when the broker cannot be asked; then topics and groups are the last known, or empty. */
  readonly kafkaError?: string
}

export interface FlowEvent {
  readonly type: string
  readonly service: string
  readonly topic: string
  /** Without copies, since the store was made. */
  readonly count: number
  readonly terminal: boolean
  readonly pivot: boolean
}

/** `service` consumes `cause` and emitted `effect` so many times because of it. */
export interface FlowEdge {
  readonly service: string
  readonly cause: string
  readonly effect: string
  readonly count: number
  /** `effect` undoes a step. */
  readonly compensation: boolean
}

/** A command, or a deadline, that starts something. Where several start the same event, `count` is theirs together. */
export interface FlowStart {
  readonly service: string
  readonly command: string
  readonly effect: string
  readonly count: number
}

export interface TopicState {
  readonly topic: string
  readonly kind: 'events' | 'dead-letters'
  /** Owner of the events; for dead letters the consumer that wrote them. */
  readonly service: string
  /** Records that are on it: sum over partitions of end − begin. */
  readonly records: number
  readonly partitions: readonly { readonly partition: number; readonly begin: number; readonly end: number }[]
}

export interface GroupState {
  /** The consumer group: a service's name; the dashboard's own begins with `dashboard-`. */
  readonly group: string
  /** Sum over its topics. */
  readonly lag: number
  readonly topics: readonly {
    readonly topic: string
    readonly lag: number
    /** `committed` is -1 when nothing is yet. */
    readonly partitions: readonly { readonly partition: number; readonly committed: number; readonly lag: number }[]
  }[]
}

/** From the service's /metrics; figures are absent while it does not answer, or for what it does not have. Totals count since its process began. */
export interface ServiceState {
  readonly service: string
  readonly up: boolean
  /** One sentence, when it is down. */
  readonly error?: string
  readonly outboxDepth?: number
  readonly outboxOldestMs?: number
  readonly handledTotal?: number
  /** Dropped because their id had been handled: dedupe hits. */
  readonly duplicatesTotal?: number
  readonly retriesTotal?: number
  readonly deadLetteredTotal?: number
  /** Set aside now, by kind. */
  readonly deadLetters?: Readonly<Record<string, number>>
  readonly handledPerSecond?: number
  readonly startedAt?: string
  readonly residentBytes?: number
}

// --------------------------------------------------------------------------------------------------------------- series

export interface SeriesAnswer {
  /** Milliseconds that one point stands for. */
  readonly stepMs: number
  /** Oldest first, by the events' own `at`; steps without anything are left out. */
  readonly sagas: readonly SagaPoint[]
  /** By service, oldest first; at most the last 15 minutes, since the dashboard's process began. */
  readonly services: readonly { readonly service: string; readonly points: readonly ServicePoint[] }[]
}

export interface SagaPoint {
  /** Begin of the step. */
  readonly at: string
  readonly placed: number
  readonly confirmed: number
  readonly cancelled: number
  readonly events: number
  /** Of the orders that ended in this step, from first to final event; absent without any. Within 10 % of the true value. */
  readonly durationP50Ms?: number
  readonly durationP95Ms?: number
}

export interface ServicePoint {
  readonly at: string
  readonly handledPerSecond: number
  readonly duplicatesPerSecond: number
  readonly retriesPerSecond: number
  readonly outboxDepth?: number
  readonly outboxOldestMs?: number
  readonly lag?: number
}

// ----------------------------------------------------------------------------------------------------------------- shop

export interface ShopView {
  readonly products: readonly Product[]
  readonly customers: readonly Customer[]
  readonly presets: readonly Preset[]
  /** Services that did not answer, and so are missing above. */
  readonly errors: readonly { readonly service: string; readonly detail: string }[]
}

export interface Product {
  readonly sku: string
  readonly name: string
  /** Minor units. */
  readonly price: number
  readonly currency: string
  /** Absent when inventory did not answer or does not know it. */
  readonly onHand?: number
  readonly reserved?: number
  readonly available?: number
}

export interface Customer {
  readonly customerId: string
  /** Minor units. */
  readonly balance: number
  readonly currency: string
  readonly blocked: boolean
}

export interface Preset {
  /** Such as `good`, `too-poor`, `blocked`, `out-of-stock`, `address-not-served`, `cancel-in-flight`. */
  readonly id: string
  readonly title: string
  /** What a reader will see, one sentence. */
  readonly expect: string
  /** The body for POST /orders; a form may be filled with it. */
  readonly order: OrderRequest
}

export interface OrderRequest {
  readonly customerId: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly shippingAddress: {
    readonly name: string
    readonly street: string
    readonly city: string
    readonly postalCode: string
    readonly country: string
  }
}

export interface Placed {
  readonly orderId: string
}

export interface BurstRequest {
  /** Orders, 1 to limits.burstMax. */
  readonly count: number
  /** 1 to limits.burstPerSecondMax; default 50. */
  readonly perSecond?: number
  /** Share of orders that will fail, 0 to 1, spread over the presets that fail; default 0. */
  readonly failing?: number
}

export interface Burst {
  readonly id: string
  readonly count: number
  readonly perSecond: number
  /** Accepted by the order service so far. */
  readonly placed: number
  /** Refused, or without an answer. */
  readonly refused: number
  readonly running: boolean
  readonly startedAt: string
  readonly endedAt?: string
}

// ---------------------------------------------------------------------------------------------------- faults, dead letters

export interface FaultsView {
  readonly enabled: boolean
  /** What FaultRequest.point may be. */
  readonly points: readonly string[]
  readonly actions: readonly FaultRequest['action'][]
  readonly services: readonly {
    readonly service: string
    /** One sentence when its faults cannot be listed. */
    readonly error?: string
    readonly faults: readonly Fault[]
    /** Absent for a service that can be told to refuse nothing. */
    readonly refusals?: readonly Refusal[]
  }[]
}

/** A fault of the business, not of machines: payment declines, inventory says out of stock, delivery rejects. Which one, the service says. */
export interface RefusalRequest {
  /** `payments` of payment, `stock` of inventory, `deliveries` of delivery. */
  readonly what: 'payments' | 'stock' | 'deliveries'
  /** How many of a hundred orders are refused; default 100. */
  readonly percent?: number
  /** Of stock: only orders with this SKU. */
  readonly sku?: string
  /** Ends by itself after so long; default 600,000, at most 3,600,000. */
  readonly forMs?: number
}

export interface Refusal {
  readonly id: string
  readonly what: RefusalRequest['what']
  readonly percent: number
  readonly sku?: string
  readonly endsAt: string
}

export interface FaultRequest {
  readonly point: string
  /** Only passes with a message of this event type count. */
  readonly type?: string
  /** Only passes with a message of this order count. */
  readonly key?: string
  readonly action: 'crash' | 'stall' | 'throw' | 'poison'
  /** Default 1. */
  readonly nth?: number
  /** Default 1. */
  readonly times?: number
  /** Needed with stall, and only there; at most 600,000. */
  readonly stallMs?: number
  /** Ends by itself after so long; default 600,000. */
  readonly forMs?: number
}

export interface Fault {
  readonly id: string
  readonly point: string
  readonly type?: string
  readonly key?: string
  readonly action: FaultRequest['action']
  readonly nth: number
  readonly times: number
  readonly stallMs?: number
  /** How often its point was passed since it was set. */
  readonly passes: number
  /** The poisoned order, once there is one. */
  readonly victim?: string
  readonly endsAt?: string
}

/** The shop's processes, where they can be acted on: with `npm start`. Elsewhere `how` says what to run instead. */
export interface ProcessesView {
  readonly available: boolean
  /** One sentence, when not available. */
  readonly how?: string
  readonly actions: readonly ProcessRequest['action'][]
  /** Services, the dashboard among them, then kafka, postgres and mongo. */
  readonly processes: readonly {
    readonly name: string
    readonly kind: 'service' | 'backend'
    /** Absent while it does not run, and for backends. */
    readonly pid?: number
  }[]
  /** What undoes itself later: at `at`, `action` will be done to `name`. */
  readonly pending: readonly { readonly action: ProcessRequest['action']; readonly name: string; readonly at: string }[]
}

export interface ProcessRequest {
  /** kill: at once, as by a crash; pause: it stands still; stop: in order; scale: so many processes of a service. */
  readonly action: 'kill' | 'pause' | 'resume' | 'restart' | 'stop' | 'start' | 'scale'
  readonly name: string
  /** Undone after so long, for kill, pause, stop and scale; 1 to 3,600,000. */
  readonly forMs?: number
  /** Of scale: 1 to 5. */
  readonly to?: number
}

export interface DeadLettersView {
  readonly enabled: boolean
  readonly deadLetters: readonly DeadLetter[]
  /** Services that could not be asked. */
  readonly errors: readonly { readonly service: string; readonly detail: string }[]
}

export interface DeadLetter {
  /** `<topic>/<partition>/<offset>`, unique at its service. */
  readonly id: string
  /** Who set it aside: `:service` of the routes. */
  readonly service: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** The order, unless the record has no such key. */
  readonly key: string | null
  readonly eventId?: string
  readonly type?: string
  readonly kind: 'undecodable' | 'failed' | 'held'
  readonly error: string
  readonly attempts: number
  readonly firstAt: string
  readonly lastAt: string
  /** A compensation that keeps failing: an order is half undone. Cannot be discarded. */
  readonly needsAttention: boolean
}

export interface DeadLetterDetail extends DeadLetter {
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly timestampMs: number
}

export type LetterSelection = ({ readonly id: string } | { readonly key: string } | { readonly all: true }) & {
  readonly dryRun?: boolean
}

export interface LetterResult {
  readonly id: string
  /** handled, duplicate, not-ours, discarded, failed, waiting, refused, would-replay or would-discard. */
  readonly outcome: string
  readonly error?: string
}

// ---------------------------------------------------------------------------------------------------------------- check

export interface CheckView {
  /** False: the databases cannot be reached from here. */
  readonly available: boolean
  /** How to run it by hand, one line to copy. */
  readonly command: string
  readonly running: boolean
  readonly last?: {
    readonly at: string
    readonly tookMs: number
    /** Absent when it could not be carried out; `error` says why. */
    readonly holds?: boolean
    readonly error?: string
    /** What had not come to rest: some invariants may then be violated only for now. */
    readonly notAtRest: readonly string[]
    readonly invariants: readonly Invariant[]
  }
}

export interface Invariant {
  readonly id: string
  /** A sentence that says what holds. */
  readonly title: string
  readonly outcome: 'holds' | 'violated' | 'not-checked'
  readonly figures: Readonly<Record<string, number>>
  readonly violationCount: number
  /** The first ones. */
  readonly violations: readonly { readonly text: string; readonly orderId?: string }[]
}
