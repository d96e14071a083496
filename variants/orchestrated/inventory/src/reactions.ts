/** Kafka in: a batch of commands, carried out by the verbs, written with one statement per table. */
import { causedBy, distinct, type Message, type React } from '@shop/messaging'
import type { PoolClient } from 'pg'
import { issue, type Reservation, release, reserve, type Stock } from '../../../../services/inventory/src/inventory.ts'
import { lockReservations, lockStock, saveReservations, saveStock } from '../../../../services/inventory/src/store.ts'
import { answer, type Command } from '../../speech.ts'

/** What was reserved, released or issued before is not moved again. */
export const obey = (
  command: Command<'inventory'>,
  reservation: Reservation | undefined,
  stock: ReadonlyMap<string, Stock>,
): { readonly reservation: Reservation; readonly stock: ReadonlyMap<string, Stock> } => {
  if (command.type === 'ReserveStock')
    return reservation === undefined ? reserve({ stock, reservation: { lines: command.data.lines } }) : { reservation, stock }
  if (reservation === undefined) throw new Error(`${command.type}: nothing was reserved`)
  if (reservation.status !== 'RESERVED') return { reservation, stock }
  return command.type === 'IssueStock' ? issue({ stock, reservation }) : release({ stock, reservation }, command.data.reason)
}

export const react: React<PoolClient, Command<'inventory'>> = async (client, commands) => {
  const stored = await lockReservations(client, distinct(commands.map((c) => c.key)))
  const reservations = new Map(stored)
  const linesOf = (c: Command<'inventory'>) => (c.type === 'ReserveStock' ? c.data.lines : (reservations.get(c.key)?.lines ?? []))
  const stock = await lockStock(client, distinct(commands.flatMap(linesOf).map((l) => l.sku)))
  const changed = { reservations: new Map<string, Reservation>(), stock: new Map<string, Stock>() }
  const outgoing: Message[] = []
  for (const command of commands) {
    const after = obey(command, reservations.get(command.key), stock)
    reservations.set(command.key, after.reservation)
    changed.reservations.set(command.key, after.reservation)
    if (after.stock !== stock)
      for (const { sku } of after.reservation.lines) {
        const moved = after.stock.get(sku)
        if (moved === undefined) continue
        stock.set(sku, moved)
        changed.stock.set(sku, moved)
      }
    const { status, reason = '' } = after.reservation
    const isRefused = command.type === 'ReserveStock' && status === 'REJECTED'
    outgoing.push(causedBy(command, answer('inventory', command.type, isRefused ? reason : undefined)))
  }
  await Promise.all([saveReservations(client, changed.reservations, stored), saveStock(client, changed.stock)])
  return outgoing
}
