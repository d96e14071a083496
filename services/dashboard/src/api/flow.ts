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
  /** Why what is shown here does not go on: the dashboard's own projection stands still. Absent as long as it does not. */
  readonly standstill?: string
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
  /** Parts of it that have stood still for 30 s or more; absent without any. */
  readonly standstills?: readonly ServiceStandstill[]
}

export interface ServiceStandstill {
  /** `consumer`, `relay` … */
  readonly part: string
  readonly seconds: number
  /** One sentence: where, for how long and why. */
  readonly text: string
  /** The command that sets aside the record at which it stands; absent where there is none. */
  readonly command?: string
}
