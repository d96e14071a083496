import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventRecord, emptyFile, type LedgerEntry, type OrderFile, type OutboxEvent } from './snapshot.ts'

/** One thing that was read about one order. */
export type Piece =
  | readonly ['order', NonNullable<OrderFile['order']>]
  | readonly ['payment', NonNullable<OrderFile['payment']>]
  | readonly ['reservation', NonNullable<OrderFile['reservation']>]
  | readonly ['shipment', NonNullable<OrderFile['shipment']>]
  | readonly ['notification', NonNullable<OrderFile['notification']>]
  | readonly ['decision', NonNullable<OrderFile['decision']>]
  | readonly ['prepared', string]
  | readonly ['saga', NonNullable<OrderFile['saga']>]
  | readonly ['ledger', LedgerEntry]
  | readonly ['outbox', OutboxEvent]
  | readonly ['record', EventRecord]
  | readonly ['handled', { readonly service: string; readonly ids: readonly string[] }]

/** A million orders make 4,000 in a drawer, of about 20 kB each while they are checked. */
const drawerCount = 256
const bufferCharsMax = 1 << 16

/**
 * Sorts what comes in by source into what belongs to one order, on disk: a million orders do not fit into memory. Each order's pieces
 * come to one of several files ("drawers"), chosen by its id, in the order in which they are added; then one drawer at a time is read.
 */
export class OrderFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'shop-check-'))
  readonly #drawers = Array.from({ length: drawerCount }, (_, i) => {
    const path = join(this.#folder, `${i}.jsonl`)
    return { path, fd: openSync(path, 'w'), buffer: '' }
  })

  add(orderId: string, ...[kind, content]: Piece): void {
    const drawer = this.#drawers[drawerOf(orderId)]
    if (drawer === undefined) throw new Error('no drawer')
    drawer.buffer += `${JSON.stringify([orderId, kind, content])}\n`
    if (drawer.buffer.length > bufferCharsMax) flush(drawer)
  }

  /** Each order once. Nothing may be added any more. */
  *read(): Generator<OrderFile> {
    for (const drawer of this.#drawers) {
      flush(drawer)
      yield* filesIn(drawer.path)
    }
  }

  close(): void {
    for (const { fd } of this.#drawers) closeSync(fd)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const flush = (drawer: { readonly fd: number; buffer: string }): void => {
  if (drawer.buffer !== '') appendFileSync(drawer.fd, drawer.buffer)
  drawer.buffer = ''
}

/** FNV-1a; ids are UUIDs, but what strayed may be keyed by anything. */
const drawerOf = (orderId: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < orderId.length; i++) hash = Math.imul(hash ^ orderId.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % drawerCount
}

const filesIn = (path: string): Iterable<OrderFile> => {
  const files = new Map<string, OrderFile>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue
    const [orderId, ...piece] = JSON.parse(line) as [string, ...Piece]
    let file = files.get(orderId)
    if (file === undefined) {
      file = emptyFile(orderId)
      files.set(orderId, file)
    }
    put(file, piece)
  }
  return files.values()
}

const put = (file: OrderFile, [kind, content]: Piece): void => {
  switch (kind) {
    case 'ledger':
      file.ledger.push(content)
      break
    case 'prepared':
      file.preparedAt = [...(file.preparedAt ?? []), content]
      break
    case 'outbox':
      file.outbox.push(content)
      break
    case 'record':
      file.records.push(content)
      break
    case 'handled':
      file.handled[content.service] = [...content.ids]
      break
    default:
      Object.assign(file, { [kind]: content })
  }
}
