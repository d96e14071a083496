import { test } from 'vitest'
import type { Transport } from '../transport.ts'

/** What a broker can do; what it cannot is left out of the suite, and said in the name of the test. */
export interface TransportFeatures {
  /** Records without a key, and records without a value. */
  readonly emptyKeysAndValues: boolean
  /** Keys and headers of any bytes, headers that are repeated or have no content. */
  readonly rawBytes: boolean
  /** Records over 1 MiB are refused, for good. */
  readonly boundsRecords: boolean
  /** Records that were consumed are there still, and can be read again from a position or a time. */
  readonly replay: boolean
  /** A group that has no members can be moved to other places. */
  readonly movesGroups: boolean
  /** Longer than a broker waits for a consumer that says nothing, in milliseconds. */
  readonly silenceMs: number
  /** Within so long another member has what one that crashed held, in milliseconds. */
  readonly takeOverMsMax: number
}

/** One process that uses the broker. */
export interface TransportProcess {
  readonly transport: Transport
  /** Ends it as a kill would: the broker hears nothing from it any more, nor is it answered. */
  crash(): void
  /** Cuts its connections; while `isAway`, no new ones are accepted. */
  away(isAway: boolean): void
  /** After everything of its transport was stopped. */
  close(): Promise<void>
}

export interface TransportFixture {
  open(): Promise<TransportProcess>
}

/** A test of something that not every broker has; of one without it the name says so. */
export const testIf =
  (features: TransportFeatures, name: keyof TransportFeatures) =>
  (what: string, run: () => Promise<void>): void => {
    if (features[name]) test(what, run)
    else test.skip(`${what} (this broker lacks ${name})`, run)
  }
