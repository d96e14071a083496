/**
 * The one list of the shop's services: what starts a shop, draws it or acts on it looks here. Data alone. Who reacts to what stands in
 * the choreography; what is said in both is checked by a test.
 */
export type DatabaseKind = 'postgres' | 'mongo'

export interface ServiceEntry {
  /** Its folder in `services/`, its consumer group, and the middle of its topic's name. Kebab-case. */
  readonly name: string
  /** Where it answers HTTP; the same with `npm start` and in compose. */
  readonly port: number
  /** `own`: it needs no server, but a folder in which it keeps what it has seen; it takes no part in the choreography. */
  readonly database: DatabaseKind | 'own'
  /** What it can be told to refuse, as a fault of its business; absent: nothing. */
  readonly refuses?: string
}

/** A service that has a database on one of the servers, and takes part in the choreography. */
export interface ParticipantEntry extends ServiceEntry {
  readonly database: DatabaseKind
}

/** By port. */
export const services = [
  { name: 'dashboard', port: 3000, database: 'own' },
  { name: 'order', port: 3001, database: 'mongo' },
  { name: 'payment', port: 3002, database: 'postgres', refuses: 'payments' },
  { name: 'inventory', port: 3003, database: 'postgres', refuses: 'stock' },
  { name: 'delivery', port: 3004, database: 'mongo', refuses: 'deliveries' },
  { name: 'notification', port: 3005, database: 'mongo' },
] as const satisfies readonly ServiceEntry[]

export const hasDatabase = <S extends ServiceEntry>(service: S): service is S & ParticipantEntry => service.database !== 'own'

/** Those that take part in the choreography, each with a database of its own. */
export const participants: readonly ParticipantEntry[] = (services as readonly ServiceEntry[]).filter(hasDatabase)

/** @returns `undefined` when there is no such service. */
export const serviceNamed = (name: string): ServiceEntry | undefined => services.find((s) => s.name === name)
