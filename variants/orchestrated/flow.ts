/**
 * The whole purchase as an orchestrated saga, as data: which commands in which order, what undoes each, where there is no way back, and how it is cancelled.
 * `saga.ts` carries it out, whatever stands here; `speech.ts` says what the commands look like.
 */
import type { Data } from './speech.ts'

/** What the order was placed with. */
export type Placed = Data<'OrderPlaced'>

/** A command, made from the order. */
export interface Order {
  readonly to: 'order' | 'payment' | 'inventory' | 'delivery'
  readonly command: string
  /** @param reason why the purchase is undone; empty while it is not */
  readonly data: (placed: Placed, reason: string) => object
}

export interface Step extends Order {
  readonly name: string
  /** Undoes it once it is done. Only before the pivot: what comes behind is told again and again until it is done. */
  readonly undo?: Order
  /** The go or no-go: before it everything can be undone, behind it nothing is refused any more. */
  readonly isPivot?: true
}

export interface Flow {
  /** A saga ends under the version under which it began. */
  readonly version: number
  /** One after the other, each when the one before is done. A refusal before the pivot's undoes those that were done, the last one first. */
  readonly steps: readonly Step[]
  /** Ends a purchase that was undone. */
  readonly undone: Order
  /** Begins a purchase. */
  readonly begunBy: 'OrderPlaced'
  /**
   * Asks for it to be undone, by the customer or when the deadline of the order has passed. It counts until the pivot is asked for: the
   * step that is under way is let end, and undone with the others. Later it is too late.
   */
  readonly cancelledBy: 'OrderCancellationRequested'
}

const capture: Step = {
  name: 'payment',
  to: 'payment',
  command: 'CapturePayment',
  data: ({ customerId, total: amount, currency }) => ({ customerId, amount, currency }),
  undo: { to: 'payment', command: 'RefundPayment', data: (_, reason) => ({ reason }) },
}

const reserve: Step = {
  name: 'stock',
  to: 'inventory',
  command: 'ReserveStock',
  data: ({ lines }) => ({ lines }),
  undo: { to: 'inventory', command: 'ReleaseStock', data: (_, reason) => ({ reason }) },
}

const schedule: Step = {
  name: 'delivery',
  to: 'delivery',
  command: 'ScheduleDelivery',
  data: ({ shippingAddress }) => ({ shippingAddress }),
  isPivot: true,
}

const issue: Step = { name: 'goods', to: 'inventory', command: 'IssueStock', data: () => ({}) }

const confirm: Step = { name: 'order', to: 'order', command: 'ConfirmOrder', data: () => ({}) }

const purchase: Flow = {
  version: 1,
  steps: [capture, reserve, schedule, issue, confirm],
  undone: { to: 'order', command: 'CancelOrder', data: (_, reason) => ({ reason }) },
  begunBy: 'OrderPlaced',
  cancelledBy: 'OrderCancellationRequested',
}

/** All that sagas may still be under way in; new ones begin in the last. A change is a new version beside the old one, which goes when none of its sagas is left. */
export const flows: readonly Flow[] = [purchase]
