import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { causedBy, type Message, startedBy } from '../message.ts'
import type { MessageStore, React } from '../store.ts'
import { letter, relayAll, type StoreFixture, untilDone } from './asking.ts'

/** `Answer` waits for `Question`; `Verdict` for `Question` and `Evidence`. */
const needs = new Map([
  ['Answer', ['Question']],
  ['Verdict', ['Question', 'Evidence']],
])
type Type = 'Question' | 'Evidence' | 'Answer' | 'Verdict' | 'Remark'

/** What `waitFor` promises, for one implementation. */
export const waitingConformance = <Work>(name: string, setUp: () => Promise<StoreFixture<Work>>): void => {
  describe(`${name} message store, messages that wait for others`, () => {
    let fixture: StoreFixture<Work>
    let store: MessageStore<Work>
    let key: string
    const message = (type: Type, to = key): Message => startedBy({ key: to }, { type, data: { n: 1 } })
    const counting: React<Work> = async (work, fresh) => {
      for (const m of fresh) await fixture.count(work, m)
      return fresh.map((m) => causedBy(m, { type: 'Done', data: { type: m.type } }))
    }
    const open = async () => {
      const opened = await fixture.open()
      opened.waitFor(needs)
      return opened
    }
    const handle = (batch: readonly Message[], by = store) => untilDone(() => by.handleOnce(batch, counting), by)
    /** The messages that were carried out, in order. */
    const carriedOut = async (by = store) => (await relayAll(by)).map((m) => m.causationId)

    beforeEach(async () => {
      fixture = await setUp()
      store = await open()
      key = randomUUID()
    })

    test('one that comes first is carried out right behind the one that it needs, as the cause of what is told', async () => {
      const [answer, remark, question] = [message('Answer'), message('Remark'), message('Question')]
      expect(await handle([answer])).toEqual({ handled: 1, duplicates: 0, held: [], suspicious: [] })
      expect(await fixture.countOf(key)).toBe(0)
      expect(await handle([answer])).toEqual({ handled: 0, duplicates: 1, held: [], suspicious: [] })
      expect(await handle([question, remark])).toEqual({ handled: 2, duplicates: 0, held: [], suspicious: [] })
      expect(await carriedOut()).toEqual([question, answer, remark].map((m) => m.id))
      expect(await fixture.countOf(key)).toBe(3)
    })

    test('it comes back whole', async () => {
      const answer = {
        ...message('Answer'),
        causationId: randomUUID(),
        traceparent: '00-trace',
        data: { text: 'grüße', 'a.b': [null] },
      }
      await handle([answer])
      let seen: readonly Message[] = []
      await store.handleOnce([message('Question')], async (work, fresh, doubt) => {
        seen = fresh
        return counting(work, fresh, doubt)
      })
      expect(seen[1]).toStrictEqual(answer)
    })

    test('one that comes later does not wait, in whatever batch, nor does another key', async () => {
      const [question, answer, stray] = [message('Question'), message('Answer'), message('Answer', randomUUID())]
      await handle([question, stray])
      await handle([answer])
      expect(await carriedOut()).toEqual([question.id, answer.id])
      expect(await fixture.countOf(stray.key)).toBe(0)
    })

    test('within one batch nothing waits longer than for its place', async () => {
      const [answer, question, again] = [message('Answer'), message('Question'), message('Answer')]
      expect(await handle([answer, question, again])).toMatchObject({ handled: 3 })
      expect(await carriedOut()).toEqual([question.id, answer.id, again.id])
      expect(await fixture.countOf(key)).toBe(3)
    })

    test('what needs several waits for the last of them, in whatever order they come', async () => {
      for (const types of [
        ['Verdict', 'Question', 'Evidence'],
        ['Question', 'Verdict', 'Evidence'],
        ['Evidence', 'Verdict', 'Answer', 'Question'],
      ] as const) {
        const to = randomUUID()
        const all = types.map((type) => message(type, to))
        for (const m of all) {
          await handle([m])
          if (m !== all.at(-1)) expect(await carriedOut()).not.toContain(all.find(({ type }) => type === 'Verdict')?.id)
        }
        expect(await carriedOut()).toContain(all.find(({ type }) => type === 'Verdict')?.id)
        expect(await fixture.countOf(to)).toBe(all.length)
      }
    })

    test('several wait for one, and go on in the order in which they came', async () => {
      const waiting = [message('Answer'), message('Answer'), message('Answer')]
      for (const m of waiting) await handle([m])
      const question = message('Question')
      await handle([question])
      expect(await carriedOut()).toEqual([question, ...waiting].map((m) => m.id))
    })

    test('it goes on waiting when the transaction fails in which it would have been carried out', async () => {
      const [answer, question] = [message('Answer'), message('Question')]
      await handle([answer])
      const failing: React<Work> = async (work, fresh, doubt) => {
        await counting(work, fresh, doubt)
        throw new Error('refused')
      }
      await expect(store.handleOnce([question], failing)).rejects.toThrow('refused')
      expect(await fixture.countOf(key)).toBe(0)
      await handle([question])
      await handle([message('Question')])
      expect((await carriedOut()).filter((id) => id === answer.id)).toHaveLength(1)
      expect(await fixture.countOf(key)).toBe(3)
    })

    test('it outlives the process that kept it', async () => {
      const [answer, question] = [message('Answer'), message('Question')]
      await handle([answer])
      await fixture.kill(store)
      const next = await open()
      await handle([question], next)
      expect(await fixture.countOf(key)).toBe(2)
    })

    test('of both at once in two processes each is carried out, once', async () => {
      const other = await open()
      const keys = Array.from({ length: 200 }, () => randomUUID())
      for (let i = 0; i < keys.length; i += 20) {
        const some = keys.slice(i, i + 20)
        const [questions, answers] = [some.map((k) => message('Question', k)), some.map((k) => message('Answer', k)).reverse()]
        const [first, second] = i % 40 === 0 ? [store, other] : [other, store]
        await Promise.all([handle(questions, first), handle(answers, second)])
      }
      for (const k of keys) expect(await fixture.countOf(k)).toBe(2)
      const told = [...(await carriedOut(store)), ...(await carriedOut(other))]
      expect(new Set(told).size).toBe(400)
    })

    test('behind a dead letter nothing arrives before that is replayed', async () => {
      const [early, question, late] = [message('Answer'), message('Question'), message('Answer')]
      await handle([early])
      await store.park([letter(question)])
      expect(await handle([question, late])).toMatchObject({ handled: 0, held: [question, late] })
      await store.park([letter(late, 'held')])
      expect(await store.handleParked(letter(question), question, counting)).toMatchObject({ handled: 1 })
      expect(await store.handleParked(letter(late, 'held'), late, counting)).toMatchObject({ handled: 1 })
      expect(await carriedOut()).toEqual([question, early, late].map((m) => m.id))
    })

    test('what is needed cannot wait itself', async () => {
      expect(() => store.waitFor(new Map([...needs, ['Question', ['Evidence']]]))).toThrow(
        'Question is needed, so it cannot wait',
      )
    })
  })
}
