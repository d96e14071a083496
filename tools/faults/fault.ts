/** What a fault is: data that the help is made of, and one function that begins it. */
import type { ShopTarget } from '../running-shop/index.ts'

/** Something that a fault is told on the command line. */
export interface Parameter {
  readonly name: string
  /** a few words */
  readonly about: string
  /** the possible values; absent: any text, or a number with `range` */
  readonly oneOf?: readonly string[]
  /** a whole number, from and to */
  readonly range?: readonly [number, number]
  /** a number that is a time, written 500ms, 10s or 2m */
  readonly time?: true
  /** absent: it must be given, unless it is `optional` */
  readonly fallback?: string | number
  readonly optional?: true
}

/** The values of a fault's parameters. */
export class Given {
  readonly forMs: number
  readonly #values: Readonly<Record<string, string | number>>

  /** @param forMs until the fault ends by itself; 0: it is over at once */
  constructor(values: Readonly<Record<string, string | number>>, forMs: number) {
    this.#values = values
    this.forMs = forMs
  }

  text(name: string): string {
    return String(this.#values[name])
  }

  number(name: string): number {
    return Number(this.#values[name])
  }

  /** undefined when it was not given and has no fallback */
  maybe(name: string): string | undefined {
    return this.#values[name] === undefined ? undefined : this.text(name)
  }
}

/** What a fault did. */
export interface Effect {
  /** one line */
  readonly did: string
  /** where its consequences are seen: commands */
  readonly watch: readonly string[]
  /** undoes it before its time; absent when there is nothing to undo. May be called when it has ended already. */
  readonly end?: () => Promise<void>
}

export interface Fault {
  readonly name: string
  readonly group: 'processes' | 'network' | 'messages' | 'business' | 'fault points'
  /** one line */
  readonly about: string
  readonly positionals: readonly Parameter[]
  readonly options: readonly Parameter[]
  /** how long it lasts unless --for says otherwise; 0: it is over at once, 'optional': --for is possible */
  readonly forMs: number
  /** it may be given --for although it is over at once without */
  readonly mayLast?: true
  /** what must have been there from the start of the shop */
  readonly needs?: 'faults'
  /** it speaks to the broker or a database, which are only reached from inside the network of compose */
  readonly inNetwork?: true
  /** @throws Refused when the shop cannot do it */
  begin(shop: ShopTarget, given: Given): Promise<Effect>
}
