/** What the laboratory and a teller say to each other. */
export interface TellerSettings {
  readonly way: 'relay' | 'log'
  /** its database; the slot is called after it */
  readonly service: string
  readonly databaseUrl: string
  readonly brokers: readonly string[]
  readonly topic: string
  /** Whether it relays, when that is its way. */
  readonly relays: boolean
}

/** To tell so many, each transaction with so many, one transaction after the other at this pace. */
export interface Tell {
  readonly count: number
  readonly perTransaction: number
  /** Between two beginnings; 0: as fast as it goes. */
  readonly intervalMs: number
}

/** What a told event is. */
export interface Told {
  readonly n: number
  /** Milliseconds since 1970, before its transaction began. */
  readonly at: number
}

export const ready = 'ready'
export const done = 'done'

/** `CREATE TABLE told`: what was committed, whether or not it has come to the broker. */
export const toldSchema = 'CREATE TABLE told (n int PRIMARY KEY)'
