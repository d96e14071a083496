/** What goes over the broker: commands of the orchestrator, a topic for each who obeys, and replies, all on one topic. Keyed by the order. */
import { commandTopics, replyTopic } from '@shop/manifest/variants'
import type { Catalogue } from '@shop/messaging'
import type { Speech } from '@shop/participant'
import { z } from 'zod'

const lines = z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })).min(1)
const text = z.string().min(1)
const shippingAddress = z.object({ name: text, street: text, city: text, postalCode: text, country: text })
const reason = z.object({ reason: z.string() })
const nothing = z.object({})

/** Commands, by who obeys. */
const commands = {
  order: { ConfirmOrder: nothing, CancelOrder: reason },
  payment: {
    CapturePayment: z.object({ customerId: text, amount: z.int().min(1), currency: z.string().length(3) }),
    RefundPayment: reason,
  },
  inventory: { ReserveStock: z.object({ lines }), ReleaseStock: reason, IssueStock: nothing },
  delivery: { ScheduleDelivery: z.object({ shippingAddress }) },
} as const

export type Obedient = keyof typeof commands

/** Never given up: what undoes a step, and what comes behind the pivot. */
const insistent = new Set(['ConfirmOrder', 'CancelOrder', 'RefundPayment', 'ReleaseStock', 'IssueStock'])

const done = z.object({ command: text })
const refused = z.object({ command: text, reason: z.string() })

/** Replies, by who tells them; the order service tells of its orders as well. */
const replies = {
  order: {
    OrderPlaced: z.object({ customerId: text, lines, total: z.int(), currency: text, shippingAddress }),
    OrderCancellationRequested: z.object({ cause: z.string() }),
    OrderDone: done,
    OrderRefused: refused,
  },
  payment: { PaymentDone: done, PaymentRefused: refused },
  inventory: { InventoryDone: done, InventoryRefused: refused },
  delivery: { DeliveryDone: done, DeliveryRefused: refused },
} as const

type All = { [O in Obedient]: (typeof commands)[O] & (typeof replies)[O] }
type Schemas = All[Obedient]
type Names = Schemas extends infer S ? (S extends S ? keyof S & string : never) : never
type SchemaOf<Name extends string> = Schemas extends infer S ? (S extends { readonly [N in Name]: infer Z } ? Z : never) : never

export type Data<Name extends Names> = SchemaOf<Name> extends z.ZodType ? z.output<SchemaOf<Name>> : never

/** A message as who it is for sees it. */
export type Heard<Name extends Names> = Name extends Name
  ? {
      readonly type: Name
      readonly data: Data<Name>
      readonly id: string
      readonly key: string
      readonly at: string
      readonly correlationId: string
      readonly causationId?: string | undefined
    }
  : never

export type Command<O extends Obedient> = Heard<keyof (typeof commands)[O] & Names>
export type Reply = { [O in Obedient]: Heard<keyof (typeof replies)[O] & Names> }[Obedient]

const obedient = Object.keys(commands) as Obedient[]

interface Entry {
  readonly type: string
  readonly ceType: string
  readonly schema: z.ZodType
  readonly topic: string
  readonly from: string
  readonly to: string
}

const entries: readonly Entry[] = obedient.flatMap((who) => [
  ...Object.entries(commands[who]).map(([type, schema]) => ({
    ...{ type, ceType: `shop.orchestrator.${type}.v1`, schema, topic: commandTopics[who] },
    ...{ from: 'orchestrator', to: who },
  })),
  ...Object.entries(replies[who]).map(([type, schema]) => ({
    ...{ type, ceType: `shop.orchestrated.${type}.v1`, schema, topic: replyTopic },
    ...{ from: who, to: 'orchestrator' },
  })),
])

const byType = new Map(entries.map((entry) => [entry.type, entry]))
const byCeType = new Map(entries.map((entry) => [entry.ceType, entry]))
const sourceOf = ({ from }: Entry): string => `/shop/${from}`
const entryOf = (type: string): Entry => {
  const found = byType.get(type)
  if (found === undefined) throw new Error(`there is no message ${type}`)
  return found
}

const catalogueOf = (name: string): Catalogue => ({
  address: (type) => {
    const entry = entryOf(type)
    if (entry.from !== name) throw new Error(`${name} cannot tell ${type}: ${entry.from} does`)
    return { ceType: entry.ceType, source: sourceOf(entry), topic: entry.topic }
  },
  ceTypeOf: (type) => entryOf(type).ceType,
  lookup: (ceType) => {
    const entry = byCeType.get(ceType)
    return (
      entry && {
        type: entry.type,
        schema: entry.schema,
        consumed: entry.to === name,
        source: sourceOf(entry),
        topic: entry.topic,
      }
    )
  },
  isOtherVersion: (ceType) => !byCeType.has(ceType) && byCeType.has(ceType.replace(/\.v\d+$/, '.v1')),
  compensates: (type) => insistent.has(type),
  deadLetterTopic: (topic) => `${topic}.${name}.dead-letter`,
})

/** What a process of this variant hears and tells. */
export const speechOf = (name: Obedient | 'orchestrator'): Speech => ({
  catalogue: catalogueOf(name),
  topics: [name === 'orchestrator' ? replyTopic : commandTopics[name]],
  needs: new Map(),
})

const words = { order: 'Order', payment: 'Payment', inventory: 'Inventory', delivery: 'Delivery' } as const

/** The fact by which somebody tells that a command was carried out, or why not. */
export const answer = (who: Obedient, command: string, why?: string) =>
  why === undefined
    ? { type: `${words[who]}Done`, data: { command } }
    : { type: `${words[who]}Refused`, data: { command, reason: why } }
