import type { ServiceName } from '@shop/choreography'

/** Who acts in a world, as far as the world has to know him: one process of a service. */
export interface Actor {
  readonly service: ServiceName
  /** Such as `order#1`. */
  readonly name: string
  /** Ends it where it stands. @param how for the trace. */
  kill(how: string): void
}
