import { consumedBy, serviceNames } from '@shop/choreography'
import type { EventRecord } from '../../snapshot.ts'
import type { MutableShop, Outcome } from '../sound-shop.ts'

export type File = MutableShop['orders'][number]
export type PlacedFile = File & { order: NonNullable<File['order']> }

/** A defect in an otherwise sound shop, and what the checker has to say. */
export interface Defect {
  readonly what: string
  /** The invariant that it is about. */
  readonly id: string
  /** Others that it breaks inevitably. */
  readonly alsoBreaks: readonly string[]
  readonly plant: (shop: MutableShop) => void
}

/** @param ids of the invariants that it breaks, the one that it is about first. */
export const defect = (what: string, ids: readonly [string, ...string[]], plant: Defect['plant']): Defect => {
  const [id, ...alsoBreaks] = ids
  return { what, id, alsoBreaks, plant }
}

/** The second order of this outcome: to the first ones the generator did other things. */
export const orderOf = ({ orders }: MutableShop, outcome: Outcome): PlacedFile => {
  const file = orders.filter((o) => o.outcome === outcome && o.order !== undefined)[1]
  if (file?.order === undefined) throw new Error(`no order was ${outcome}`)
  return file as PlacedFile
}

/** Changes one order of this outcome. */
export const on =
  (outcome: Outcome, how: (file: PlacedFile, shop: MutableShop) => void): Defect['plant'] =>
  (shop) =>
    how(orderOf(shop, outcome), shop)

export const recordOf = ({ records }: File, type: string): File['records'][number] => {
  const record = records.find((r) => r.type === type)
  if (record === undefined) throw new Error(`no ${type} was told`)
  return record
}

/** The event never came to its topic; nobody handled it either. */
export const lose = (shop: MutableShop, file: File, type: string): void => {
  const { id } = recordOf(file, type)
  file.records = file.records.filter((r) => r.id !== id)
  for (const inbox of Object.values(shop.shop.inboxes)) inbox.delete(id)
  for (const [service, ids] of Object.entries(file.handled)) file.handled[service] = ids.filter((i) => i !== id)
}

/** One more event, like another one but for what changes; all its consumers handle it. */
export const tellLike = (shop: MutableShop, file: File, like: string, changes: Partial<EventRecord>): void => {
  const record = recordOf(file, like)
  const told = { ...record, id: laterId, offset: record.offset + 100, ...changes } as File['records'][number]
  file.records.push(told)
  handledByAll(shop, file, told.type, told.id)
}

/** Everybody who reacts to events of this type has handled this one. */
export const handledByAll = (shop: MutableShop, file: File, type: string, id: string): void => {
  const inboxes: Readonly<Partial<Record<string, Set<string>>>> = shop.shop.inboxes
  for (const consumer of serviceNames.filter((s) => consumedBy(s).some((e) => e.name === type))) {
    if (inboxes[consumer] !== undefined) inboxes[consumer].add(id)
    else if (!file.handled[consumer]?.includes(id)) file.handled[consumer] = [...(file.handled[consumer] ?? []), id]
  }
}

/** An event id, later than all others. */
export const laterId = 'ffffffff-ffff-7fff-8fff-ffffffffffff'
