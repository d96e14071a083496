import type { z } from 'zod'
import { choreography } from './choreography.ts'
import type { EventDefinition, Participant, Reaction } from './define.ts'

export type Services = typeof choreography
export type ServiceName = keyof Services & string

type ReactionsOf<S extends ServiceName> = Services[S]['reactions'][number]
type StartsOf<S extends ServiceName> = Services[S]['starts'][keyof Services[S]['starts']]
/** The elements of a list type; `never` for what is no list. */
type Element<T> = T extends readonly (infer E)[] ? E : never

/** Name and data of an event, without its envelope: what a decider returns. */
export type Fact<D> =
  D extends EventDefinition<string, infer Name, infer Schema> ? { readonly type: Name; readonly data: z.infer<Schema> } : never

/** An event as a consumer sees it: the fact without the fields that it ignores, and those parts of its envelope that decisions may use. */
export type Occurrence<D, Ignored extends string = never> =
  D extends EventDefinition<string, infer Name, infer Schema>
    ? {
        readonly type: Name
        readonly data: [Ignored] extends [never] ? z.infer<Schema> : Omit<z.infer<Schema>, Ignored>
        /** UUIDv7. */
        readonly id: string
        /** The order: what the topics are keyed by. */
        readonly key: string
        /** ISO 8601, when the producer stored it. */
        readonly at: string
        readonly correlationId: string
        readonly causationId?: string | undefined
        /** Told once more, from its teller's state: whoever decides because of it may have decided before, and forgotten that with its database. */
        readonly again?: 'told' | 'asking'
      }
    : never

type OccurrenceFor<R> = R extends { readonly on: infer D; readonly ignores: readonly (infer Field extends string)[] }
  ? Occurrence<D, Field>
  : R extends { readonly on: infer D }
    ? Occurrence<D>
    : never

/** Every event that service S consumes. */
export type Incoming<S extends ServiceName> = OccurrenceFor<ReactionsOf<S>>
/** Every event that service S may emit, by a reaction or by a command of its own. */
export type Emitted<S extends ServiceName> = Fact<Element<ReactionsOf<S>['emits']> | Element<StartsOf<S>>>
/** What service S may emit when `Type` comes in. */
export type EmittedOn<S extends ServiceName, Type extends Incoming<S>['type']> = Fact<
  Element<Extract<ReactionsOf<S>, Reaction<EventDefinition<string, Type>>>['emits']>
>

/**
 * A decider's shape: one pure function per consumed event, no more, no fewer, and each returns only what the choreography
 * declares for it. A missing reaction, an undeclared one, or an undeclared emission does not compile.
 */
export type Decider<S extends ServiceName, State, Context extends readonly unknown[] = []> = {
  readonly [Type in Incoming<S>['type']]: (
    state: State,
    event: Extract<Incoming<S>, { type: Type }>,
    ...context: Context
  ) => Decision<State, EmittedOn<S, Type>>
}

/** The outcome of a decision: the state after it and what is to be told. An unchanged state is returned as the same object. */
export interface Decision<State, Emits = never> {
  readonly state: State
  readonly emit: readonly Emits[]
  /** Why the event contradicts what the service knows: a line. It is set aside then, and has no effect but what is remembered and told of that. */
  readonly suspicious?: string
}

/** Applies the reaction to the event's type. The one place where the types cannot follow that both belong together. */
export const decideBy = <S extends ServiceName, State, Context extends readonly unknown[]>(
  decider: Decider<S, State, Context>,
  state: State,
  event: Incoming<S>,
  ...context: Context
): Decision<State, Emitted<S>> => {
  type React = (state: State, event: Incoming<S>, ...context: Context) => Decision<State, Emitted<S>>
  const react = (decider as unknown as Partial<Record<string, React>>)[event.type]
  if (react === undefined) throw new Error(`no reaction to ${event.type} is declared`)
  return react(state, event, ...context)
}

const participants: Readonly<Record<string, Participant>> = choreography

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)]

export const serviceNames = Object.keys(choreography) as ServiceName[]

/** All events, each once, in the order in which the choreography first names them. */
export const allEvents: readonly EventDefinition[] = unique(
  Object.values(participants).flatMap((p) => [
    ...Object.values(p.starts).flat(),
    ...p.reactions.flatMap((r) => [r.on, ...r.emits]),
  ]),
)

/** The definition of the named event, or `undefined` when the choreography does not know it. */
export const eventNamed = (name: string): EventDefinition | undefined => byName.get(name)
const byName = new Map(allEvents.map((e) => [e.name, e]))

/** The topic that the event's owner writes. @throws Error when its service owns none. */
export const topicOf = (definition: EventDefinition): string => {
  const topic = participants[definition.service]?.topic
  if (topic === undefined) throw new Error(`${definition.name}: service ${definition.service} owns no topic`)
  return topic
}

/** CloudEvents source of the events of the event's owner. */
export const sourceOf = ({ service }: Pick<EventDefinition, 'service'>): string => `/shop/${service}`

/** The topic owned by a service, or `undefined` when it emits nothing. */
export const ownTopic = (service: ServiceName): string | undefined => participants[service]?.topic

/** The reactions of one service. */
export const reactionsOf = (service: ServiceName): readonly Reaction[] => participants[service]?.reactions ?? []

/** Event → the events without which the service cannot carry it out; events that need none are left out. */
export const needsOf = (service: ServiceName): ReadonlyMap<string, readonly string[]> =>
  new Map(
    reactionsOf(service).flatMap(({ on, needs }) => (needs.length === 0 ? [] : [[on.name, needs.map((e) => e.name)] as const])),
  )

/** The events that a service consumes. */
export const consumedBy = (service: ServiceName): readonly EventDefinition[] => reactionsOf(service).map((r) => r.on)

/** The topics that a service has to subscribe to. */
export const subscriptionsOf = (service: ServiceName): string[] => unique(consumedBy(service).map(topicOf))

/** The name of the topic to which `consumer` sends what it cannot handle from `topic`. */
export const deadLetterTopic = (topic: string, consumer: string): string => `${topic}.${consumer}.dead-letter`

/** Every topic of the shop: the services' own, then the dead-letter topics of every subscription. */
export const allTopics = (): { events: string[]; deadLetters: string[] } => ({
  events: serviceNames.flatMap((s) => ownTopic(s) ?? []),
  deadLetters: serviceNames.flatMap((s) => subscriptionsOf(s).map((t) => deadLetterTopic(t, s))),
})

/** One declared cause and effect: `service` consumes `cause` and may emit `effect`. */
export interface Edge {
  readonly service: string
  readonly cause: EventDefinition
  readonly effect: EventDefinition
}

/** All declared edges from a consumed event to an emitted one. */
export const edges: readonly Edge[] = Object.entries(participants).flatMap(([service, p]) =>
  p.reactions.flatMap((r) => r.emits.map((effect) => ({ service, cause: r.on, effect }))),
)
