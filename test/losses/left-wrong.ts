/** What is wrong after a database was brought back from a backup and all was told again: what docs/operations.md names, and nothing else. */

/** By invariant, what its violations say. */
type LeftWrong = Readonly<Record<string, RegExp>>

/** A service that decides once more tells it under a new id. */
const toldTwice = (events: string): LeftWrong => ({
  'no-ghost-events': new RegExp(`^(a second (${events}) was told|(${events}) \\S+ was told, but the \\S+ has no )`),
})

/** As long as there is enough of everything: money, goods, a carrier. */
export const leftWrong: Readonly<Record<string, LeftWrong>> = {
  order: {
    'no-ghost-events':
      /was told, but there is no such order$|^a second (OrderConfirmed|OrderCancelled) was told|^(OrderConfirmed|OrderCancelled|OrderCancellationRequested) \S+ was told, but the history of the order does not have it$/,
    'notification-agrees': /, but is no order$/,
    'payment-agrees': /, but there is no such order$/,
    'reservation-agrees': /, but there is no such order$/,
    'delivery-agrees': /, but there is no such order$/,
    'money-kept': /it is no order$|, but CONFIRMED orders amount to /,
    'stock-at-rest': /issued, but CONFIRMED orders have /,
    'compensated-once': /^(PaymentRefunded|StockReleased) was told/,
  },
  payment: {
    ...toldTwice('PaymentCaptured|PaymentDeclined|PaymentRefunded'),
    'compensated-once': /^PaymentRefunded was told \d+ times after [12] PaymentCaptured, 1 is needed$/,
  },
  inventory: {
    // Delivery repeats its decision for a new reservation.
    ...toldTwice('StockReserved|StockRejected|StockReleased|DeliveryScheduled|DeliveryRejected'),
    'compensated-once': /^StockReleased was told \d+ times after [12] StockReserved, 1 is needed$/,
  },
  delivery: toldTwice('DeliveryScheduled|DeliveryRejected'),
  notification: {},
}

/** Where money or goods went to others meanwhile, the second decision may be another one. */
const leftWrongWhenScarce: Readonly<Record<string, readonly RegExp[]>> = {
  payment: [
    /DECLINED/,
    /^captured − refunded = /,
    /but the payment is REFUNDED$/,
    /^PaymentRefunded was told/,
    // A payment that is declined now doubts the release that undid its capture of then; the stock itself is released.
    /^StockReleased was told 0 times after 1 StockReserved, 1 is needed$/,
  ],
  inventory: [
    /REJECTED/,
    /ISSUED/,
    /REFUNDED/,
    /^captured − refunded = /,
    /^is confirmed, but was compensated$/,
    /^PaymentRefunded was told/,
    /issued, but CONFIRMED orders have /,
    /^is CANCELLED, but its delivery is SCHEDULED$/,
  ],
}

interface Violation {
  readonly invariant: string
  readonly text: string
  /** It is about an order that the order service has forgotten: nobody tells that again, whatever was handled of it. */
  readonly isOfUnknown?: boolean
}

const isForgotten = ({ invariant, text, isOfUnknown = false }: Violation): boolean =>
  isOfUnknown && invariant === 'consumed-handled' && /^order neither handled nor dead-lettered /.test(text)

const isNamed = (service: string, violation: Violation, isScarce: boolean): boolean =>
  (service === 'order' && isForgotten(violation)) ||
  leftWrong[service]?.[violation.invariant]?.test(violation.text) === true ||
  (isScarce && leftWrongWhenScarce[service]?.some((pattern) => pattern.test(violation.text)) === true)

/** The violations that are not named. @param services those whose databases were brought back */
export const unnamed = (services: readonly string[], violations: readonly Violation[], isScarce = false): readonly Violation[] =>
  violations.filter((violation) => !services.some((service) => isNamed(service, violation, isScarce)))
