import type { Toxic } from './toxics.ts'

export type ProcessAction = 'kill' | 'pause' | 'resume' | 'restart' | 'stop' | 'start' | 'scale'
export type Party = 'kafka' | 'database'

/** Where the broker and the databases are reached from here. */
export interface Access {
  readonly brokers: readonly string[]
  /** of an administrator */
  readonly postgresUrl: string
  readonly mongoUrl: string
}

/** A running shop, as faults handle it: the one of `npm start`, or of docker compose. */
export interface ShopTarget {
  readonly kind: 'embedded' | 'compose' | 'inside'
  /** undefined where they are not reached from here */
  readonly access: Access | undefined
  /**
   * What is done to a service, or to kafka, postgres or mongo. Where the shop can, it undoes it by itself after `forMs`.
   * @param options `to`: of scale, how many processes
   * @throws Refused when it cannot be done now
   */
  act(action: ProcessAction, name: string, options?: { readonly forMs?: number; readonly to?: number }): Promise<void>
  /** Switches a toxic on. @returns what ends it. @throws Refused without proxies */
  poison(service: string, party: Party, toxic: Toxic, forMs: number): Promise<() => Promise<void>>
  /** Asks an admin route of each process of the service. @returns the answers' bodies. @throws Refused when one does not take it */
  admin(service: string, method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<readonly unknown[]>
  /** of the service's HTTP side, without a path */
  url(service: string): string
  /** Ends every fault that is on. @returns what was ended, a line each */
  heal(): Promise<readonly string[]>
}
