import type { z } from 'zod'

/** A kind of event: its name, the service that owns it, its version and the shape of its data. Data, nothing executes it. */
export interface EventDefinition<
  Service extends string = string,
  Name extends string = string,
  Schema extends z.ZodType = z.ZodType,
> {
  readonly service: Service
  readonly name: Name
  readonly version: number
  readonly schema: Schema
}

/**
 * Defines an event. Additive changes keep the version; any other change is a new event version, and consumers
 * read only the fields that they need.
 */
export const event = <Service extends string, Name extends string, Schema extends z.ZodType>(
  service: Service,
  name: Name,
  schema: Schema,
  version = 1,
): EventDefinition<Service, Name, Schema> => ({ service, name, version, schema })

/** A consumed event and everything that a service may emit because of it. */
export interface Reaction<
  On extends EventDefinition = EventDefinition,
  Emits extends readonly EventDefinition[] = readonly EventDefinition[],
> {
  readonly on: On
  readonly emits: Emits
  /**
   * Events that this reaction cannot do without, and which wait for nothing themselves. Topics are independent, so it may come before
   * them: then the kit keeps it and carries it out when they arrive, still as the effect of this event.
   */
  readonly needs: readonly EventDefinition[]
  /** Fields of the event's data that this service does not look at: they may be of any shape there, or absent, and it never sees them. */
  readonly ignores?: readonly string[]
}

/** Declares that a service consumes `on` and may emit any of `emits` in answer. */
export const on = <On extends EventDefinition, const Emits extends readonly EventDefinition[]>(
  definition: On,
  ...emits: Emits
): Reaction<On, Emits> => ({ on: definition, emits, needs: [] })

/** Adds the events without which the reaction has to wait. */
export const needing = <R extends Reaction>(reaction: R, ...needs: readonly EventDefinition[]): R => ({ ...reaction, needs })

/** Says which fields of the event's data the reaction does without; a reader that checks what it does not use fails at what others add. */
export const ignoring = <R extends Reaction, const Fields extends readonly (keyof z.infer<R['on']['schema']> & string)[]>(
  reaction: R,
  ...fields: Fields
): R & { readonly ignores: Fields } => ({ ...reaction, ignores: fields })

/** What one service does in the choreography. */
export interface Participant {
  /** The topic that only this service writes; absent when it emits nothing. */
  readonly topic?: string
  /** Commands and deadlines of its own, outside any reaction, with the events that they start. */
  readonly starts: Readonly<Record<string, readonly EventDefinition[]>>
  readonly reactions: readonly Reaction[]
}

export type Choreography = Readonly<Record<string, Participant>>

/** Checks the shape and keeps the literal types that the derived types are made of. */
export const choreograph = <const C extends Choreography>(services: C): C => services
