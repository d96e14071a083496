import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Account, customerAccount, decide, type Payment, revenue, type State, transferOf } from './payment.ts'
import { alice, amounts, type Event, event, type Fact, given, type Order, placed, rejected, released } from './testing/given.ts'

describe('an order placed', () => {
  test('is paid from the account', () =>
    given(alice)
      .when(placed)
      .then({
        emit: [{ type: 'PaymentCaptured', data: amounts }],
        payment: { status: 'CAPTURED', ...amounts },
        balance: 600,
      }))
  test('may take the last cent', () =>
    given({ ...alice, balance: 400 })
      .when(placed)
      .then({
        emit: [{ type: 'PaymentCaptured', data: amounts }],
        payment: { status: 'CAPTURED', ...amounts },
        balance: 0,
      }))

  const refusals: [string, Account | undefined][] = [
    ['unknown_customer', undefined],
    ['account_blocked', { ...alice, blocked: true }],
    ['currency_mismatch', { ...alice, currency: 'USD' }],
    ['insufficient_funds', { ...alice, balance: 399 }],
  ]
  test.each(refusals)('is declined: %s', (reason, account) =>
    given(account)
      .when(placed)
      .then({
        emit: [{ type: 'PaymentDeclined', data: { customerId: 'alice', reason } }],
        payment: { status: 'DECLINED', ...amounts, reason },
      }),
  )
})

describe('a payment captured', () => {
  test.each([
    ['StockRejected', 'out_of_stock', rejected],
    ['StockReleased', 'address_not_served', released],
  ] as const)('is refunded by %s', (_type, reason, e) =>
    given(alice, placed)
      .when(e)
      .then({
        emit: [{ type: 'PaymentRefunded', data: { ...amounts, reason } }],
        payment: { status: 'REFUNDED', ...amounts, reason },
        balance: 1_000,
      }),
  )
  test('is refunded to an account that was blocked meanwhile', () => {
    const { payment } = decide({ payment: undefined, account: alice }, placed).state
    const { state, emit } = decide({ payment, account: { ...alice, balance: 600, blocked: true } }, released)
    expect(emit).toHaveLength(1)
    expect(state.account).toEqual({ ...alice, blocked: true })
  })
})

describe('what comes again, or when it has no meaning, changes nothing', () => {
  const poor = { ...alice, balance: 1 }
  const histories: [string, Account, Event[], Event[]][] = [
    ['nothing known', alice, [], [rejected, released]],
    ['CAPTURED', alice, [placed], [placed]],
    ['DECLINED', poor, [placed], [placed, rejected, released]],
    ['REFUNDED', alice, [placed, rejected], [placed, rejected, released]],
  ]
  const pairs = histories.flatMap(([name, account, events, again]) =>
    again.map((e) => [name, e.type, account, events, e] as const),
  )
  test.each(pairs)('%s: %s', (_name, _type, account, events, e) =>
    given(account, ...events)
      .when(e)
      .thenNothing(),
  )
})

/** What one order is going to meet; `refund` only when it was captured. */
interface Plan extends Order {
  readonly refund: 'StockRejected' | 'StockReleased' | undefined
}

const customers = ['alice', 'bob', 'mallory']
const plan = fc.record<Plan>({
  customerId: fc.constantFrom(...customers, 'nobody'),
  total: fc.integer({ min: 1, max: 100 }),
  currency: fc.constantFrom('EUR', 'EUR', 'USD'),
  refund: fc.constantFrom('StockRejected', 'StockReleased', undefined),
})
const plans = fc.array(plan, { minLength: 1, maxLength: 6 })
const balances = fc.array(fc.nat({ max: 200 }), { minLength: 3, maxLength: 3 })
/** Each picks one of the events that can come next; the rest comes at the end. */
const picks = fc.array(fc.nat(), { maxLength: 60 })

type Told = Fact & { readonly key: string }

/** Payment's books while events come in: the deciders without the inbox. */
class Books {
  readonly accounts: Map<string, Account>
  readonly payments = new Map<string, Payment>()
  readonly told: Told[] = []
  readonly #opening: ReadonlyMap<string, Account>

  constructor(opening: readonly number[]) {
    this.accounts = new Map(
      customers.map((id, i) => [id, { balance: opening[i] ?? 0, currency: 'EUR', blocked: id === 'mallory' }] as const),
    )
    this.#opening = new Map(this.accounts)
  }

  take(e: Event): readonly Fact[] {
    const customerId = e.type === 'OrderPlaced' ? e.data.customerId : (this.payments.get(e.key)?.customerId ?? '')
    const before: State = { payment: this.payments.get(e.key), account: this.accounts.get(customerId) }
    const decision = decide(before, e)
    expect(decide(before, e), 'the same decision again: the state before it is as it was').toEqual(decision)
    if (decision.state.payment) this.payments.set(e.key, decision.state.payment)
    if (decision.state.account) this.accounts.set(customerId, decision.state.account)
    this.told.push(...decision.emit.map((fact) => ({ ...fact, key: e.key })))
    this.#assertSound()
    return decision.emit
  }

  #assertSound(): void {
    const booked = new Map<string, number>()
    const add = (account: string, amount: number) => booked.set(account, (booked.get(account) ?? 0) + amount)
    const perOrder = new Map<string, number>()
    for (const told of this.told) {
      const t = transferOf(told)
      if (t === undefined) continue
      expect(t.amount).toBeGreaterThan(0)
      expect(t.currency).toBe('EUR')
      add(t.from, -t.amount)
      add(t.to, t.amount)
      const left = (perOrder.get(told.key) ?? 0) + (t.kind === 'capture' ? t.amount : -t.amount)
      expect(left, `captured − refunded of ${told.key}`).toBeGreaterThanOrEqual(0)
      perOrder.set(told.key, left)
    }
    for (const [key, payment] of this.payments)
      expect(perOrder.get(key) ?? 0).toBe(payment.status === 'CAPTURED' ? payment.amount : 0)
    for (const [id, { balance }] of this.accounts) {
      expect(balance, `balance of ${id}`).toBeGreaterThanOrEqual(0)
      expect(balance - (this.#opening.get(id)?.balance ?? 0), `balance of ${id} against the ledger`).toBe(
        booked.get(customerAccount(id)) ?? 0,
      )
    }
    const sum = (amounts: ReadonlyMap<string, number>) => [...amounts.values()].reduce((total, amount) => total + amount, 0)
    expect(booked.get(revenue) ?? 0).toBe(sum(perOrder))
    expect(sum(booked)).toBe(0)
  }
}

const ofOrder = (told: readonly Told[], key: string): Fact['type'][] => told.filter((t) => t.key === key).map((t) => t.type)

/** Lets the events of all orders come in an order that can happen, any of them again at any time. */
const run = (opening: readonly number[], orders: readonly Plan[], chosen: readonly number[]): Books => {
  const books = new Books(opening)
  const seen: Event[] = []
  const coming = orders.map((order, i) => event('OrderPlaced', `order-${i}`, order))
  const take = (e: Event) => {
    const refund = orders[Number(e.key.slice('order-'.length))]?.refund
    if (books.take(e).some((fact) => fact.type === 'PaymentCaptured') && refund) coming.push(event(refund, e.key))
  }
  const takeNew = (index: number) => {
    const [e] = coming.splice(index, 1)
    if (e === undefined) return
    seen.push(e)
    take(e)
  }
  for (const pick of chosen) {
    const index = pick % Math.max(1, coming.length + seen.length)
    const again = seen[index - coming.length]
    if (again) take(again)
    else takeNew(index)
  }
  while (coming.length > 0) takeNew(0)
  return books
}

// Books.take holds every step to: captured − refunded ≥ 0 per order; balances ≥ 0 and equal to the ledger, which sums to 0.
describe('whatever the order of arrival and whatever comes again', () => {
  test('one order ends in the same state, and the same is told of it', () => {
    fc.assert(
      fc.property(balances, plan, picks, (opening, one, chosen) => {
        const straight = run(opening, [one], [])
        const { accounts, payments, told } = run(opening, [one], chosen)
        expect(accounts).toEqual(straight.accounts)
        expect(payments).toEqual(straight.payments)
        expect(told).toEqual(straight.told)
      }),
      { numRuns: 500 },
    )
  })

  test('many orders: each is captured or declined once, refunded once if at all', () => {
    fc.assert(
      fc.property(balances, plans, picks, (opening, orders, chosen) => {
        const { payments, told } = run(opening, orders, chosen)
        for (const [i, { refund }] of orders.entries()) {
          const key = `order-${i}`
          const tellings = {
            CAPTURED: ['PaymentCaptured'],
            REFUNDED: ['PaymentCaptured', 'PaymentRefunded'],
            DECLINED: ['PaymentDeclined'],
          }
          const status = payments.get(key)?.status
          expect(['DECLINED', refund ? 'REFUNDED' : 'CAPTURED']).toContain(status)
          expect(ofOrder(told, key)).toEqual(tellings[status ?? 'DECLINED'])
        }
      }),
      { numRuns: 500 },
    )
  })

  test('when every order is refunded, every balance is what it was', () => {
    fc.assert(
      fc.property(balances, plans, picks, (opening, orders, chosen) => {
        const refunded = orders.map((o) => ({ ...o, refund: o.refund ?? ('StockReleased' as const) }))
        const { accounts } = run(opening, refunded, chosen)
        expect(accounts).toEqual(new Books(opening).accounts)
      }),
      { numRuns: 500 },
    )
  })

  test('even what cannot happen: events of any kind in any order, both refusals of one order', () => {
    const anyEvent = fc.record({
      type: fc.constantFrom<Event['type'][]>('OrderPlaced', 'StockRejected', 'StockReleased'),
      order: fc.nat({ max: 5 }),
    })
    fc.assert(
      fc.property(balances, plans, fc.array(anyEvent, { maxLength: 40 }), (opening, orders, events) => {
        const books = new Books(opening)
        for (const { type, order } of events) {
          const i = order % orders.length
          books.take(event(type, `order-${i}`, orders[i]))
        }
        for (const i of orders.keys())
          expect([[], ['PaymentDeclined'], ['PaymentCaptured'], ['PaymentCaptured', 'PaymentRefunded']]).toContainEqual(
            ofOrder(books.told, `order-${i}`),
          )
      }),
      { numRuns: 500 },
    )
  })
})

describe('a payment that is to be refused', () => {
  test('is declined although the account has the money, and nothing moves', () => {
    const { state, emit } = decide({ payment: undefined, account: alice }, placed, true)
    expect(emit).toEqual([{ type: 'PaymentDeclined', data: { customerId: 'alice', reason: 'payment_refused' } }])
    expect(state).toMatchObject({ payment: { status: 'DECLINED' }, account: alice })
  })

  test('once captured it stays so, and is refunded all the same', () => {
    const { state } = decide({ payment: undefined, account: alice }, placed)
    expect(decide(state, placed, true)).toEqual({ state, emit: [] })
    expect(decide(state, rejected, true).emit.map((e) => e.type)).toEqual(['PaymentRefunded'])
  })
})
