import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { DocumentStore } from '../documents.ts'
import { causedBy, type Message, startedBy } from '../message.ts'

/** What commands may rely on, for one implementation of a document store. `open` gives each test a store on an empty database. */
export const documentConformance = (name: string, open: () => Promise<DocumentStore<number>>): void => {
  describe(`store conformance: ${name}, documents`, () => {
    let store: DocumentStore<number>
    let key: string
    const told = (to = key): Message => startedBy({ key: to }, { type: 'Told', data: {} })
    const ids = async () => (await store.pending(100)).map((s) => s.message.id)
    const stateOf = (of: string) => store.change<number | undefined>(of, (state) => ({ emit: [], result: state }))

    beforeEach(async () => {
      store = await open()
      key = randomUUID()
    })

    test('creates documents with what they tell, and leaves alone those that exist', async () => {
      const [first, second, other] = [told(), told(), randomUUID()]
      expect(await store.create([{ key, state: 1, emit: [first] }])).toEqual(new Set())
      const again = { key, state: 2, emit: [second] }
      expect(await store.create([again, { key: other, state: 3, emit: [] }])).toEqual(new Set([key]))
      expect([await stateOf(key), await stateOf(other)]).toEqual([1, 3])
      expect(await ids()).toEqual([first.id])
    })

    test('creates where nothing is kept but a message, which is not forgotten', async () => {
      const [asked, first] = [told(), told()]
      await store.handleOnce([asked], async () => [])
      expect(await stateOf(key)).toBeUndefined()
      expect(await store.create([{ key, state: 1, emit: [first] }])).toEqual(new Set())
      expect(await stateOf(key)).toBe(1)
      expect(await ids()).toEqual([first.id])
      expect(await store.handleOnce([asked], async () => [])).toMatchObject({ handled: 0, duplicates: 1 })
      expect(await store.create([{ key, state: 2, emit: [told()] }])).toEqual(new Set([key]))
      expect(await stateOf(key)).toBe(1)
    })

    test('changes a document and stores what is told of it together', async () => {
      await store.create([{ key, state: 1, emit: [] }])
      const first = told()
      expect(await store.change(key, (state) => ({ state: (state ?? 0) + 1, emit: [first], result: 'done' }))).toBe('done')
      expect(await stateOf(key)).toBe(2)
      expect(await ids()).toEqual([first.id])
    })

    test('knows no state of a key without a document, and makes none when nothing is decided', async () => {
      expect(await stateOf(key)).toBeUndefined()
      expect(await store.create([{ key, state: 1, emit: [] }])).toEqual(new Set())
    })

    test('decides a command again when a message changed the document meanwhile', async () => {
      await store.create([{ key, state: 1, emit: [] }])
      const changes = Array.from({ length: 10 }, () =>
        store.change(key, (state) => ({ state: (state ?? 0) + 1, emit: [], result: undefined })),
      )
      const asked = told()
      const handled = store.handleOnce([asked], async (work) => {
        work.set(key, (work.get(key) ?? 0) + 100)
        return [causedBy(asked, { type: 'Answered', data: {} })]
      })
      await Promise.all([...changes, handled])
      expect(await stateOf(key)).toBe(111)
    })
  })
}
