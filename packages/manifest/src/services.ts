/**
 * The one list of the shop's services: what starts a shop, draws it or acts on it looks here. Data alone. Who reacts to what stands in
 * the choreography; what is said in both is checked by a test. After a change: `npm run generate`.
 */
export type DatabaseKind = 'postgres' | 'mongo'

/** A service's colours, as `#rrggbb`: of what stands for it, and of the ground behind that. Readable on the page's paper, light and dark. */
export interface LaneColours {
  readonly light: { readonly ink: string; readonly wash: string }
  readonly dark: { readonly ink: string; readonly wash: string }
}

export interface ServiceEntry {
  /** Its folder in `services/`, its consumer group, and the middle of its topic's name. Kebab-case. */
  readonly name: string
  /** Where it answers HTTP; the same with `npm start` and in compose. */
  readonly port: number
  /** `own`: it needs no server, but a folder in which it keeps what it has seen; it takes no part in the choreography. */
  readonly database: DatabaseKind | 'own'
  /** What it can be told to refuse, as a fault of its business; absent: nothing. */
  readonly refuses?: string
  /** What compose passes on to it from the environment beside what all get, with the defaults. */
  readonly settings?: Readonly<Record<string, string>>
  /** Its lane on the page and its boxes in diagrams; only those that take part in the choreography have one. */
  readonly lane?: LaneColours
}

/** A service that has a database on one of the servers, and takes part in the choreography. */
export interface ParticipantEntry extends ServiceEntry {
  readonly database: DatabaseKind
  readonly lane: LaneColours
}

/** By port. */
export const services = [
  { name: 'dashboard', port: 3000, database: 'own' },
  {
    name: 'order',
    port: 3001,
    database: 'mongo',
    settings: { ORDER_DEADLINE: '5m' },
    lane: { light: { ink: '#2b59c3', wash: '#e3eafa' }, dark: { ink: '#8fb3fb', wash: '#1c2a45' } },
  },
  {
    name: 'payment',
    port: 3002,
    database: 'postgres',
    refuses: 'payments',
    lane: { light: { ink: '#1c7048', wash: '#dfefe4' }, dark: { ink: '#6cc79a', wash: '#17312a' } },
  },
  {
    name: 'inventory',
    port: 3003,
    database: 'postgres',
    refuses: 'stock',
    lane: { light: { ink: '#94540a', wash: '#f6ead3' }, dark: { ink: '#e4ac57', wash: '#352b17' } },
  },
  {
    name: 'delivery',
    port: 3004,
    database: 'mongo',
    refuses: 'deliveries',
    lane: { light: { ink: '#843a9f', wash: '#f2e5f6' }, dark: { ink: '#d39cec', wash: '#33213b' } },
  },
  {
    name: 'notification',
    port: 3005,
    database: 'mongo',
    lane: { light: { ink: '#55606b', wash: '#e8eaec' }, dark: { ink: '#a9b3bd', wash: '#262d34' } },
  },
] as const satisfies readonly (ParticipantEntry | (ServiceEntry & { readonly database: 'own' }))[]

export const hasDatabase = <S extends ServiceEntry>(service: S): service is S & ParticipantEntry => service.database !== 'own'

/** Those that take part in the choreography, each with a database of its own. */
export const participants: readonly ParticipantEntry[] = (services as readonly ServiceEntry[]).filter(hasDatabase)

/** @returns `undefined` when there is no such service. */
export const serviceNamed = (name: string): ServiceEntry | undefined => services.find((s) => s.name === name)
