/** Stores that break what store.ts of the kit promises. */
import { type Message, type NewDocument, newId } from '@shop/messaging'
import { handledAs } from '@shop/messaging/driver'
import {
  type Loaded,
  type MemoryDatabase,
  MemoryMessageStore,
  type MemoryTables,
  MemoryTablesStore,
  sortBatch,
} from '@shop/messaging/memory'
import type { Gap } from '../parts.ts'
import type { Bug } from './bug.ts'

type Held = (key: string) => boolean
type Letter = Parameters<MemoryTablesStore['handleParked']>[0]
type React<State> = Parameters<MemoryMessageStore<State>['handleOnce']>[1]

const nothing: ReadonlySet<string> = new Set()

class ForgetfulDocuments<State> extends MemoryMessageStore<State> {
  protected override sort(batch: readonly Message[], _loaded: Loaded<State>, isHeld: Held) {
    return sortBatch(batch, nothing, isHeld)
  }
}

class ForgetfulTables extends MemoryTablesStore {
  protected override sort(batch: readonly Message[]) {
    return sortBatch(batch, nothing, (key) => this.tables.letters.holds(key))
  }
}

/** Handles whatever comes, however often. */
export class RepeatingTables extends ForgetfulTables {
  protected override async commit(...[work, fresh, emit, arrivals]: Parameters<MemoryTablesStore['commit']>) {
    for (const m of fresh) this.tables.inbox.delete(handledAs(m))
    await super.commit(work, fresh, emit, arrivals)
  }
}

class TwiceInOneBatch<State> extends MemoryMessageStore<State> {
  protected override sort(batch: readonly Message[], loaded: Loaded<State>, isHeld: Held) {
    const sorted = super.sort(batch, loaded, isHeld)
    const ids = new Set(sorted.fresh.map((m) => m.id))
    return { ...sorted, fresh: batch.filter((m) => ids.has(m.id)) }
  }
}

class UnguardedDocuments<State> extends MemoryMessageStore<State> {
  protected override isUnchanged(): boolean {
    return true
  }
}

class UnlockedTables extends MemoryTablesStore {
  protected override isUnchanged(): boolean {
    return true
  }
}

class HeedlessDocuments<State> extends MemoryMessageStore<State> {
  protected override sort(batch: readonly Message[], loaded: Loaded<State>) {
    return super.sort(batch, loaded, () => false)
  }
}

class HeedlessTables extends MemoryTablesStore {
  protected override sort(batch: readonly Message[]) {
    return sortBatch(batch, this.tables.inbox, () => false)
  }
}

class Overwriting<State> extends MemoryMessageStore<State> {
  override async create(documents: readonly NewDocument<State>[]): Promise<ReadonlySet<string>> {
    for (const { key } of documents) this.database.documents.delete(key)
    return super.create(documents)
  }
}

class RenamingTables extends MemoryTablesStore {
  override handleParked(letter: Letter, message: Message, react: Parameters<MemoryTablesStore['handleParked']>[2]) {
    return super.handleParked(letter, { ...message, id: newId() }, react)
  }
}

class RepeatingDocuments<State> extends MemoryMessageStore<State> {
  override async handleParked(letter: Letter, message: Message, react: React<State>) {
    const before = this.database.documents.get(message.key)
    if (before)
      this.database.documents.set(message.key, { ...before, handled: before.handled.filter((as) => as !== handledAs(message)) })
    return super.handleParked(letter, message, react)
  }
}

/** Two writes where there must be one; the process may die between them. */
abstract class TornDocuments<State> extends MemoryMessageStore<State> {
  protected readonly gap: Gap

  constructor(database: MemoryDatabase<State>, gap: Gap) {
    super(database)
    this.gap = gap
  }

  protected writeEmit(emit: readonly Message[]): void {
    for (const m of emit) {
      const outbox = [...(this.database.documents.get(m.key)?.outbox ?? []), m]
      this.write(m.key, [], { outbox })
    }
  }
}

class StateFirst<State> extends TornDocuments<State> {
  protected override async commit(...[loaded, work, fresh, emit, arrivals]: Parameters<TornDocuments<State>['commit']>) {
    await super.commit(loaded, work, fresh, [], arrivals)
    await this.gap()
    this.writeEmit(emit)
  }
}

class OutboxFirst<State> extends TornDocuments<State> {
  protected override async commit(...[loaded, work, fresh, emit, arrivals]: Parameters<TornDocuments<State>['commit']>) {
    this.writeEmit(emit)
    await this.gap()
    await super.commit(loaded, work, fresh, [], arrivals)
  }
}

class IdsFirst<State> extends TornDocuments<State> {
  protected override async commit(...[loaded, work, fresh, emit, arrivals]: Parameters<TornDocuments<State>['commit']>) {
    for (const m of fresh) this.write(m.key, [m.id])
    await this.gap()
    await super.commit(loaded, work, [], emit, arrivals)
  }
}

class TornTables extends MemoryTablesStore {
  readonly #gap: Gap

  constructor(tables: MemoryTables, gap: Gap) {
    super(tables)
    this.#gap = gap
  }

  protected override async commit(...[work, fresh, emit, arrivals]: Parameters<MemoryTablesStore['commit']>) {
    await super.commit(work, fresh, [], arrivals)
    await this.#gap()
    this.tables.outbox.push(...emit)
  }
}

type OpenDocuments = <State>(database: MemoryDatabase<State>, gap: Gap) => MemoryMessageStore<State>

const documents = (name: string, does: string, openDocuments: OpenDocuments): Bug => ({
  name,
  does,
  plant: () => ({ openDocuments: (_service, database, gap) => openDocuments(database, gap) }),
})

const tables = (name: string, does: string, openTables: (tables: MemoryTables, gap: Gap) => MemoryTablesStore): Bug => ({
  name,
  does,
  plant: () => ({ openTables: (_service, database, gap) => openTables(database, gap) }),
})

export const bugsInStores: readonly Bug[] = [
  documents('dedupe-off', 'handles again what it has handled (documents)', (db) => new ForgetfulDocuments(db)),
  tables('inbox-unread', 'does not look into the inbox before it handles (tables)', (db) => new ForgetfulTables(db)),
  documents('dedupe-between-batches', 'handles an id twice that stands twice in one batch', (db) => new TwiceInOneBatch(db)),
  documents('lost-update', 'writes a document whoever has written it meanwhile', (db) => new UnguardedDocuments(db)),
  tables('rows-not-locked', 'decides on rows that another transaction is changing', (db) => new UnlockedTables(db)),
  documents('not-held', 'goes on with an order whose earlier event was set aside (documents)', (db) => new HeedlessDocuments(db)),
  tables(
    'not-held-in-tables',
    'goes on with an order whose earlier event was set aside (tables)',
    (db) => new HeedlessTables(db),
  ),
  documents('key-overwrites', 'stores an order over the one that its Idempotency-Key gave before', (db) => new Overwriting(db)),
  tables('replay-renames', 'replays a dead letter under a new event id', (db) => new RenamingTables(db)),
  documents(
    'replay-past-inbox',
    'replays a dead letter without asking whether it was handled',
    (db) => new RepeatingDocuments(db),
  ),
  documents(
    'state-without-outbox',
    'commits the state before what is told of it (documents)',
    (db, gap) => new StateFirst(db, gap),
  ),
  tables('rows-without-outbox', 'commits the rows before what is told of them (tables)', (db, gap) => new TornTables(db, gap)),
  documents('outbox-without-state', 'commits what is told before the state', (db, gap) => new OutboxFirst(db, gap)),
  documents('handled-before-effect', 'commits the handled ids before the effects', (db, gap) => new IdsFirst(db, gap)),
]
