import type { Bursts } from './burst.ts'
import type { CheckRuns } from './check.ts'
import type { Guard } from './guard.ts'
import type { Monitor } from './monitor.ts'
import type { Processes } from './processes.ts'
import type { Projection, Retention } from './projection.ts'
import type { ServicesWatch } from './services-watch.ts'
import type { Stream } from './stream.ts'
import type { Upstream } from './upstream.ts'

/** What the routes are made of. */
export interface RouteParts {
  readonly projection: Projection
  readonly stream: Stream
  readonly monitor: Pick<Monitor, 'parts'>
  readonly services: ServicesWatch
  readonly upstream: Upstream
  readonly bursts: Bursts
  readonly checks: CheckRuns
  readonly processes: Processes
  readonly guard: Guard
  readonly retention: Retention
  /** Whose balances the shop view shows. */
  readonly customers: readonly string[]
  /** Of the services' admin routes. */
  readonly adminToken: string | undefined
  /** Names by which the dashboard may be reached. */
  readonly hosts: readonly string[]
  /** Default: the one that Vite builds. */
  readonly pageFolder?: string | undefined
}
