import type { Pool } from 'pg'
import type { Payment } from '../../payments/payment.ts'
import type { Life } from './moment.ts'
import type { ConsumerSettings } from './settings.ts'

/** What a mode is given. */
export interface Tools {
  readonly settings: ConsumerSettings
  readonly pool: Pool
  readonly life: Life
  /** One effect in the database, committed by itself, with the moments before and after it. */
  readonly book: (payment: Payment) => Promise<void>
}

/** Begins to consume. @returns what ends it in order: what is at hand is finished and acknowledged. */
export type Consume = (tools: Tools) => Promise<() => Promise<void>>
