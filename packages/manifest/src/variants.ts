/**
 * Other ways in which the same services can finish an order together, as data: what runs in each. Names, ports and API are the shop's; a
 * variant has one process more, which leads. Each is a folder of `variants/`, with a folder for each of its services.
 */
import { type DatabaseKind, type LaneColours, type ParticipantEntry, participants } from './services.ts'

export const variantNames = ['orchestrated', 'two-phase'] as const
export type VariantName = (typeof variantNames)[number]

export interface Variant {
  readonly services: readonly ParticipantEntry[]
  /** The servers that it needs. */
  readonly servers: readonly ('broker' | 'mongo' | 'postgres')[]
  /** Consumer group → the topics that it reads. */
  readonly subscriptions: Readonly<Record<string, readonly string[]>>
}

/** What an orchestrator orders, by who obeys; what everybody answers. */
export const commandTopics = {
  order: 'shop.command.order',
  payment: 'shop.command.payment',
  inventory: 'shop.command.inventory',
  delivery: 'shop.command.delivery',
} as const
export const replyTopic = 'shop.reply'

const leading: LaneColours = { light: { ink: '#8c2f39', wash: '#f9e3e4' }, dark: { ink: '#f0979f', wash: '#3d2024' } }
const leadingPort = 3006

const taken = (name: string, database: DatabaseKind): ParticipantEntry => {
  const found = participants.find((p) => p.name === name)
  if (found === undefined) throw new Error(`there is no service ${name}`)
  const { port, lane } = found
  return { name, port, lane, database }
}

export const variants: Readonly<Record<VariantName, Variant>> = {
  orchestrated: {
    services: [
      ...participants.filter((p) => p.name in commandTopics).map(({ name, database }) => taken(name, database)),
      { name: 'orchestrator', port: leadingPort, database: 'postgres', lane: leading },
    ],
    servers: ['broker', 'postgres', 'mongo'],
    subscriptions: {
      ...Object.fromEntries(Object.entries(commandTopics).map(([name, topic]) => [name, [topic]])),
      orchestrator: [replyTopic],
    },
  },
  'two-phase': {
    services: [
      ...['order', 'payment', 'inventory', 'delivery'].map((name) => taken(name, 'postgres')),
      { name: 'coordinator', port: leadingPort, database: 'postgres', lane: leading },
    ],
    servers: ['postgres'],
    subscriptions: {},
  },
}

/** Its topics, and those for what their consumers set aside. */
export const topicsOf = (
  variant: VariantName,
): { readonly events: readonly string[]; readonly deadLetters: readonly string[] } => {
  const subscriptions = Object.entries(variants[variant].subscriptions)
  return {
    events: subscriptions.flatMap(([, topics]) => topics),
    deadLetters: subscriptions.flatMap(([name, topics]) => topics.map((topic) => `${topic}.${name}.dead-letter`)),
  }
}

/** @returns `undefined` for what is none; no name at all is the shop itself. */
export const variantNamed = (name: string): VariantName | undefined => variantNames.find((v) => v === name)
