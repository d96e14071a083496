import { type HandleRecords, type Log, within } from '@shop/messaging/driver'
import type { Connection } from './connection.ts'
import { Dealing } from './dealing.ts'
import { Lane, type LaneKind } from './lane.ts'
import { answerAsMember, askMembers, type MemberState } from './members.ts'
import { deadOf, groupQueue, membersExchange, pastOf } from './names.ts'
import { endPast, ensureGroup, type GroupShare, type TopologySettings } from './topology.ts'

export interface SessionOptions extends TopologySettings {
  readonly open: () => Promise<Connection>
  readonly groupId: string
  readonly topics: readonly string[]
  readonly handle: HandleRecords
  readonly log: Log
  readonly maxRecordsPerChunk: number
  readonly prefetch: number
  readonly balanceIntervalMs: number
}

/** One connection's life as a member of the group. */
export interface Session {
  /** Resolves with what ended it, when that was not `close`. Never rejects. */
  readonly crashed: Promise<unknown>
  joined(): boolean
  /** Milliseconds from having joined until now, or until it crashed; 0 when it never joined. */
  joinedForMs(): number
  /** Lets the chunk at hand end or give up, and leaves; resolves after `ms` at the latest. */
  close(ms: number): Promise<void>
}

export const openSession = (options: SessionOptions): Session => {
  const session = new RabbitSession(options)
  session.start()
  return session
}

class RabbitSession implements Session {
  readonly #options: SessionOptions
  readonly #over = new AbortController()
  readonly #crash = Promise.withResolvers<unknown>()
  readonly #dealing: Dealing
  #lanes: readonly Lane[] = []
  #connection: Connection | undefined
  #balancing: NodeJS.Timeout | undefined
  #started: Promise<void> = Promise.resolve()
  #dealt: Promise<void> = Promise.resolve()
  #isBalancing = false
  #joinedAt = 0
  #endedAt = 0

  constructor(options: SessionOptions) {
    this.#options = options
    this.#dealing = new Dealing({
      lanes: () => this.#lanes,
      handle: options.handle,
      maxRecordsPerChunk: options.maxRecordsPerChunk,
      over: this.#over.signal,
      onPastEnd: (lane) => void this.#endPast(lane).catch(this.#end),
      onWantsOther: (lane) => this.#withConnection((connection) => lane.reopen(connection)).catch(this.#end),
      log: options.log,
    })
  }

  get crashed(): Promise<unknown> {
    return this.#crash.promise
  }

  joined(): boolean {
    return this.#joinedAt > 0 && this.#endedAt === 0
  }

  joinedForMs(): number {
    return this.#joinedAt === 0 ? 0 : (this.#endedAt || performance.now()) - this.#joinedAt
  }

  start(): void {
    this.#started = this.#run().catch(this.#end)
  }

  async close(ms: number): Promise<void> {
    const { log, groupId } = this.#options
    this.#finish()
    const leaving = this.#started.then(() => this.#dealt).then(() => this.#connection?.close())
    await within(ms, 'leaving the group', leaving).catch((error) =>
      log.warn({ err: error, groupId }, 'rabbitmq: not left in order'),
    )
    if (this.#connection?.isOpen()) void this.#connection.close()
  }

  #finish(): void {
    this.#endedAt ||= performance.now()
    clearInterval(this.#balancing)
    this.#over.abort()
  }

  readonly #end = (error: unknown): void => {
    this.#finish()
    this.#crash.resolve(error)
  }

  async #run(): Promise<void> {
    const { open, groupId, log } = this.#options
    const connection = await open()
    this.#connection = connection
    void connection.ended.then(this.#end)
    if (this.#over.signal.aborted) return
    const shares = await ensureGroup(open, connection, this.#options, this.#options)
    const control = await connection.channel()
    await control.assertExchange(membersExchange(groupId), 'fanout', { durable: false })
    await answerAsMember(control, groupId, () => this.#state())
    await this.#openLanes(shares.flatMap((share) => (share.hasPast ? [this.#pastLane(share)] : this.#lanesOf(share))))
    if (this.#over.signal.aborted) return
    this.#joinedAt = performance.now()
    this.#dealt = this.#dealing.run()
    this.#balancing = setInterval(() => void this.#balance(connection).catch(this.#end), this.#options.balanceIntervalMs).unref()
    log.info({ groupId, queues: this.#lanes.length }, 'rabbitmq: joined the group')
  }

  /** Known from the start, so that what comes while others are opened is handled. */
  async #openLanes(lanes: readonly Lane[]): Promise<void> {
    this.#lanes = [...this.#lanes, ...lanes]
    await this.#withConnection((connection) => Promise.all(lanes.map((lane) => lane.open(connection))))
  }

  #lanesOf({ topic, sequences }: GroupShare): Lane[] {
    const { groupId } = this.#options
    const queues = Array.from({ length: sequences }, (_, sequence) => groupQueue(topic, groupId, sequence))
    return [
      ...queues.map((queue) =>
        this.#lane(topic, queue, 'live', (error) => this.#end(error ?? new Error(`${queue} was cancelled`))),
      ),
      this.#lane(topic, deadOf(topic, groupId), 'dead', (error) => this.#end(error ?? new Error(`${queues[0]} was cancelled`))),
    ]
  }

  #pastLane(share: GroupShare): Lane {
    const lane: Lane = this.#lane(share.topic, pastOf(share.topic, this.#options.groupId), 'past', (error) => {
      if (error !== undefined) return this.#end(error)
      this.#withoutPast(lane, share).catch(this.#end)
    })
    return lane
  }

  #lane(topic: string, queue: string, kind: LaneKind, onEnd: (error: Error | undefined) => void): Lane {
    const { prefetch } = this.#options
    return new Lane({ topic, queue, kind, prefetch: kind === 'dead' ? 1 : prefetch, onArrival: this.#dealing.arrival, onEnd })
  }

  /** Deletes the queue of what was before the group; the broker tells all members, this one too. */
  async #endPast(lane: Lane): Promise<void> {
    if (lane.isLeaving) return
    lane.isLeaving = true
    await this.#withConnection((connection) => endPast(connection, lane.topic, this.#options.groupId))
  }

  async #withoutPast(lane: Lane, share: GroupShare): Promise<void> {
    await this.#dealing.idle()
    this.#lanes = this.#lanes.filter((each) => each !== lane)
    await lane.close()
    await this.#openLanes(this.#lanesOf({ ...share, hasPast: false }))
  }

  async #withConnection<T>(ask: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#connection === undefined) throw new Error('there is no connection')
    return ask(this.#connection)
  }

  #state(): MemberState {
    const held: Record<string, number> = {}
    for (const lane of this.#lanes) held[lane.topic] = (held[lane.topic] ?? 0) + lane.held
    return { held, active: this.#active.length }
  }

  get #active(): readonly Lane[] {
    return this.#lanes.filter(({ kind, isActive }) => kind === 'live' && isActive)
  }

  /** Of queues of which one member alone gets records, the others get their share when it stands back. */
  async #balance(connection: Connection): Promise<void> {
    const active = this.#active
    if (active.length < 2 || this.#isBalancing) return
    this.#isBalancing = true
    try {
      const members = await askMembers(connection, this.#options.groupId)
      const all = members.reduce((sum, each) => sum + each.active, 0)
      const leaving = active.slice(Math.max(1, Math.ceil(all / members.length)))
      for (const lane of leaving) lane.isLeaving = true
      if (leaving.length > 0) await this.#dealing.idle()
      await Promise.all(leaving.map((lane) => lane.reopen(connection)))
    } finally {
      this.#isBalancing = false
    }
  }
}
