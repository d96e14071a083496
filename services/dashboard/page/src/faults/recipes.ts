import type { FaultRequest } from '#api'

export interface Recipe {
  readonly title: string
  /** What a reader will see. */
  readonly expect: string
  readonly service: string
  readonly fault: FaultRequest
}

const minute = 60_000

/** The faults that teach most, each at the point where it hurts. */
export const recipes: readonly Recipe[] = [
  {
    title: 'One order is poison',
    expect:
      'Inventory fails on the next order each time and sets it aside as a dead letter. All other orders go on. Switch it off, then replay.',
    service: 'inventory',
    fault: { point: 'before-commit', action: 'poison', type: 'PaymentCaptured', forMs: 10 * minute },
  },
  {
    title: 'Payment dies after its commit',
    expect: 'The money is taken, nobody has been told, and the process is gone. When it is back, its outbox tells it.',
    service: 'payment',
    fault: { point: 'after-commit', action: 'crash', type: 'OrderPlaced', forMs: 5 * minute },
  },
  {
    title: 'Inventory dies inside its transaction',
    expect:
      'Nothing is reserved: the transaction is gone with the process. The order waits and is handled when inventory is back.',
    service: 'inventory',
    fault: { point: 'before-commit', action: 'crash', type: 'PaymentCaptured', forMs: 5 * minute },
  },
  {
    title: 'An event is published twice',
    expect:
      'Payment dies after the broker has its event and before its outbox knows. It is published again; consumers drop the copy.',
    service: 'payment',
    fault: { point: 'relay-after-publish', action: 'crash', type: 'PaymentCaptured', forMs: 5 * minute },
  },
  {
    title: 'Inventory is slow',
    expect:
      'Inventory waits ten seconds before it reserves. Cancel the order meanwhile: delivery remembers that and says no, and all is undone, last step first.',
    service: 'inventory',
    fault: { point: 'after-receive', action: 'stall', type: 'PaymentCaptured', stallMs: 10_000, forMs: 5 * minute },
  },
  {
    title: 'The answer to a customer is lost',
    expect: 'The order service dies when the order is stored and nobody has its id. The order is completed all the same.',
    service: 'order',
    fault: { point: 'http-after-store', action: 'crash', forMs: 5 * minute },
  },
]

/** What the fault points are, for people. */
export const pointWords: Readonly<Record<string, string>> = {
  'after-receive': 'when a message has come, before anything is done',
  'before-commit': 'inside the transaction, before it is durable',
  'after-commit': 'when it is durable, before anybody is told',
  'before-offset-commit': 'when all is done, before Kafka knows',
  'relay-before-publish': 'before an event is sent to Kafka',
  'relay-after-publish': 'when Kafka has the event, before the outbox knows',
  'relay-after-mark': 'when the outbox has forgotten the event',
  'http-after-store': 'when a request is stored, before it is answered',
}

export const actionWords: Readonly<Record<FaultRequest['action'], string>> = {
  crash: 'dies',
  stall: 'stands still',
  throw: 'fails',
  poison: 'fails on one order, each time',
}
