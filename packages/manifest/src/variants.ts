/**
 * Other ways in which the same services can finish an order together, as data: what runs in each. Names, ports and API are the shop's; a
 * variant has one process more, which leads. Each is a folder of `variants/`, with a folder for each of its services.
 */
import { type DatabaseKind, type LaneColours, type ParticipantEntry, participants } from './services.ts'

export const variantNames = ['two-phase'] as const
export type VariantName = (typeof variantNames)[number]

export interface Variant {
  readonly services: readonly ParticipantEntry[]
  /** The servers that it needs. */
  readonly servers: readonly ('kafka' | 'mongo' | 'postgres')[]
}

const leading: LaneColours = { light: { ink: '#8c2f39', wash: '#f9e3e4' }, dark: { ink: '#f0979f', wash: '#3d2024' } }
const leadingPort = 3006

const taken = (name: string, database: DatabaseKind): ParticipantEntry => {
  const found = participants.find((p) => p.name === name)
  if (found === undefined) throw new Error(`there is no service ${name}`)
  const { port, lane } = found
  return { name, port, lane, database }
}

export const variants: Readonly<Record<VariantName, Variant>> = {
  'two-phase': {
    services: [
      ...['order', 'payment', 'inventory', 'delivery'].map((name) => taken(name, 'postgres')),
      { name: 'coordinator', port: leadingPort, database: 'postgres', lane: leading },
    ],
    servers: ['postgres'],
  },
}

/** @returns `undefined` for what is none; no name at all is the shop itself. */
export const variantNamed = (name: string): VariantName | undefined => variantNames.find((v) => v === name)
