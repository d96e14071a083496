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
  /** What the service can be told to refuse: `payments` of payment, `stock` of inventory, `deliveries` of delivery. */
  readonly what: string
  /** How many of a hundred orders are refused; default 100. */
  readonly percent?: number
  /** Of stock: only orders with this SKU. */
  readonly sku?: string
  /** Ends by itself after so long; default 600,000, at most 3,600,000. */
  readonly forMs?: number
}

export interface Refusal {
  readonly id: string
  readonly what: string
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
