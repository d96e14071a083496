/** What must hold of one service's part, at any time. */
import type { ServiceName } from '@shop/choreography'
import type { Accounts, Stocks } from '../choreographed/services.ts'
import type { Cell } from '../kit.ts'

/** Of each pair at most one is ever told. */
const exclusive = [
  ['OrderConfirmed', 'OrderCancelled'],
  ['PaymentCaptured', 'PaymentDeclined'],
  ['StockReserved', 'StockRejected'],
  ['DeliveryScheduled', 'DeliveryRejected'],
] as const

const compensations: ReadonlySet<string> = new Set(['PaymentRefunded', 'StockReleased'])

export const flawOfCell = (service: ServiceName, { topic, outbox }: Cell): string | undefined => {
  const told = [...new Map([...topic, ...outbox].map((m) => [m.id, m.type])).values()]
  const twice = told.find((type, i) => told.indexOf(type) < i)
  if (twice !== undefined)
    return `${compensations.has(twice) ? 'compensated-once' : 'told-once'}: ${service} tells ${twice} twice`
  const both = exclusive.find(([a, b]) => told.includes(a) && told.includes(b))
  return both === undefined ? undefined : `told-once: ${service} tells both ${both.join(' and ')}`
}

export const flawOfShared = (service: ServiceName, shared: unknown): string | undefined => {
  if (service === 'payment')
    for (const [customer, { balance }] of Object.entries(shared as Accounts))
      if (balance < 0) return `accounts-match-ledger: the account of ${customer} has ${balance}`
  if (service === 'inventory')
    for (const [sku, { onHand, reserved, issued, received }] of Object.entries(shared as Stocks))
      if (reserved < 0 || reserved > onHand || onHand + issued !== received)
        return `stock-conserved: of ${sku} ${onHand} are on hand, ${reserved} of them reserved; ${issued} of ${received} were issued`
  return undefined
}
