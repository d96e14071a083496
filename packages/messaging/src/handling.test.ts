import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ask, consumer, from, uuid } from './testing/consumer.ts'
import { Abandoned, type ConsumedRecord, type OutgoingRecord } from './transport.ts'

// No jitter: each wait takes its shortest, 10 ms.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
afterEach(() => vi.restoreAllMocks())

const idsOf = (records: readonly { readonly id: string }[]) => records.map((r) => r.id)
const letterIds = (letters: readonly OutgoingRecord[]) => letters.map((l) => l.headers.ce_id)

describe('a chunk', () => {
  test('is handled in one transaction, in its order', async () => {
    const { handle, transactions, letters, handledOf } = consumer()
    const records = [ask(1), ask(2), ask(1)]
    await handle(...records)
    expect(transactions).toEqual([idsOf(records)])
    expect(handledOf(1)).toEqual([records[0]?.id, records[2]?.id])
    expect(letters).toEqual([])
  })
  test('that comes again changes nothing', async () => {
    const { handle, handledOf, seen } = consumer()
    const record = ask(1)
    await handle(record)
    await handle(record, record)
    expect(handledOf(1)).toEqual([record.id])
    expect(seen.duplicates).toBe(2)
  })
  test('of events that are not for this consumer needs no transaction', async () => {
    const { handle, seen } = consumer()
    const other = ask(1)
    await handle({ ...other, headers: { ...other.headers, ce_type: 'Other' } })
    expect(seen).toMatchObject({ storeCalls: 0, publishCalls: 0 })
  })
})

describe('a message that is doubted', () => {
  test('is set aside as it came, is tried once and holds nothing up; all else of its chunk is one transaction', async () => {
    const { handle, letters, transactions, handledOf, seen } = consumer()
    const records = [ask(1), ask(1, 'odd'), ask(1), ask(2)]
    await handle(...records)
    expect(transactions).toEqual([[records[0]?.id, records[2]?.id, records[3]?.id]])
    expect(handledOf(1)).toEqual([records[0]?.id, records[2]?.id])
    expect(letters).toHaveLength(1)
    expect(letters[0]).toMatchObject({ topic: 'asks.dead-letter', key: records[1]?.key, value: records[1]?.value })
    expect(letters[0]?.headers).toMatchObject({
      'dead-letter-kind': 'suspicious',
      'dead-letter-error': 'it contradicts',
      'dead-letter-attempts': '1',
      'dead-letter-event-id': records[1]?.id,
    })
    expect(seen).toMatchObject({ storeCalls: 1, publishCalls: 1, deadLettered: ['suspicious'], retried: 0 })
    await handle(ask(1))
    expect(handledOf(1)).toHaveLength(3)
  })

  test('is believed when it is told again and fits by then: its letter leaves, as does that of a copy to which somebody added, but not that of a namesake', async () => {
    const { handle, memory, handledOf, faults } = consumer()
    const [odd, second, third] = [ask(1, 'odd'), ask(1, 'odd'), ask(1, 'odd')]
    const copy = { ...odd, position: second.position, value: Buffer.from('{"fault":"odd","n":1}') }
    const forged = { ...odd, position: third.position, headers: { ...odd.headers, ce_causationid: uuid(9) } }
    const letters = () => memory.letters({ limit: 10 })
    await handle(odd, ask(2))
    await handle(copy)
    await handle(forged)
    expect(await letters()).toHaveLength(3)
    faults.trusting = true
    await handle({ ...odd, position: '3/9999', headers: { ...odd.headers, ce_toldagain: 'told' } })
    expect(handledOf(1)).toEqual([odd.id])
    expect((await letters()).map((l) => l.record.position)).toEqual([forged.position])
  })

  test('is one of thousands that cost the others nothing: one transaction, one publish', async () => {
    const { handle, letters, handledOf, seen } = consumer()
    await handle(...Array.from({ length: 3_000 }, () => ask(1, 'odd')), ask(2))
    expect(handledOf(2)).toHaveLength(1)
    expect(letters).toHaveLength(3_000)
    expect(seen).toMatchObject({ storeCalls: 1, publishCalls: 1 })
  })
})

describe('a message that fails each time', () => {
  test('stands alone in the end: the others are handled', async () => {
    const { handle, letters, transactions, handledOf } = consumer()
    const records = [ask(1), ask(2), ask(3), ask(4, 'broken'), ask(5), ask(6), ask(7), ask(8)]
    await handle(...records)
    expect(letterIds(letters)).toEqual([records[3]?.id])
    expect(handledOf(4)).toEqual([])
    for (const n of [1, 2, 3, 5, 6, 7, 8]) expect(handledOf(n)).toHaveLength(1)
    expect(transactions.map((t) => t.length)).toEqual([2, 1, 4])
  })

  test('becomes a dead letter as it came, with where it came from and what went wrong', async () => {
    const { handle, letters, seen } = consumer()
    const record = ask(1, 'broken\n  at line 2')
    await handle(record)
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(letters).toEqual([
      {
        topic: 'asks.dead-letter',
        key: record.key,
        value: record.value,
        headers: {
          ...record.headers,
          'dead-letter-topic': 'asks',
          'dead-letter-position': record.position,
          'dead-letter-consumer': 'tester',
          'dead-letter-kind': 'failed',
          'dead-letter-error': 'TypeError: broken at line 2',
          'dead-letter-attempts': '3',
          'dead-letter-first-at': time,
          'dead-letter-last-at': time,
          'dead-letter-event-id': record.id,
        },
      },
    ])
    const { 'dead-letter-first-at': first = '', 'dead-letter-last-at': last = '' } = letters[0]?.headers ?? {}
    expect(Date.parse(last) - Date.parse(first), 'two waits lie between').toBeGreaterThanOrEqual(15)
    expect(seen).toMatchObject({ storeCalls: 3, deadLettered: ['failed'], retried: 0 })
  })

  test('has an error of bounded length in its header', async () => {
    const { handle, letters } = consumer({ attemptsMax: 1 })
    await handle(ask(1, 'x'.repeat(5_000)))
    expect(letters[0]?.headers['dead-letter-error']).toHaveLength(1_000)
  })

  test('holds back the later ones of its key in the same chunk, and no others', async () => {
    const { handle, letters, handledOf } = consumer()
    const records = [ask(1), ask(2), ask(1, 'broken'), ask(2), ask(1), ask(1)]
    await handle(...records)
    expect(handledOf(1)).toEqual([records[0]?.id])
    expect(handledOf(2)).toEqual([records[1]?.id, records[3]?.id])
    expect(letterIds(letters)).toEqual([records[2]?.id, records[4]?.id, records[5]?.id])
    expect(letters.at(-1)).toMatchObject({
      value: records[5]?.value,
      headers: {
        'dead-letter-kind': 'held',
        'dead-letter-error': 'held behind an earlier dead letter of its key',
        'dead-letter-attempts': '0',
        'dead-letter-event-id': records[5]?.id,
      },
    })
  })

  test('holds back the later ones of its key in later chunks too, and each once', async () => {
    const { handle, letters, handledOf, seen } = consumer()
    const records = [ask(1, 'broken'), ask(1), ask(2)]
    await handle(records[0] as ConsumedRecord)
    await handle(...records.slice(1))
    await handle(...records)
    expect(handledOf(1)).toEqual([])
    expect(handledOf(2)).toEqual([records[2]?.id])
    expect(letterIds(letters).slice(0, 2)).toEqual(idsOf(records.slice(0, 2)))
    expect(new Set(letters.map((l) => `${l.headers['dead-letter-kind']} ${l.headers.ce_id}`))).toEqual(
      new Set([`failed ${records[0]?.id}`, `held ${records[1]?.id}`]),
    )
    expect(seen.deadLettered.filter((k) => k === 'failed').length).toBeGreaterThanOrEqual(1)
  })

  test('only for a while is handled in the end', async () => {
    const { handle, faults, letters, handledOf } = consumer()
    faults.reaction = 2
    const record = ask(1)
    await handle(record)
    expect(handledOf(1)).toEqual([record.id])
    expect(letters).toEqual([])
  })

  test('whatever fails in whatever chunk: per key all before the first failure is handled, that and all behind it parked', () => {
    const plans = fc.array(fc.record({ key: fc.nat({ max: 3 }), fails: fc.boolean() }), { maxLength: 12 })
    return fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { handle, letters, transactions, handledOf } = consumer({ attemptsMax: 1 })
        const records = plan.map(({ key, fails }) => ask(key, fails ? 'broken' : undefined))
        await handle(...records)
        for (const key of [0, 1, 2, 3]) {
          const ofKey = records.flatMap((r, i) => (plan[i]?.key === key ? [{ id: r.id, fails: plan[i].fails }] : []))
          const firstFailing = ofKey.findIndex((r) => r.fails)
          const parkedFrom = firstFailing < 0 ? ofKey.length : firstFailing
          expect(handledOf(key)).toEqual(idsOf(ofKey.slice(0, parkedFrom)))
          expect(letterIds(letters.filter((l) => l.key === uuid(key)))).toEqual(idsOf(ofKey.slice(parkedFrom)))
        }
        expect(transactions, 'no transaction without a message').not.toContainEqual([])
        expect([...transactions.flat(), ...letterIds(letters)].sort(), 'consumed = handled ∪ parked').toEqual(
          idsOf(records).sort(),
        )
      }),
      { numRuns: 200 },
    )
  })
})

describe('while a fault lasts that will pass', () => {
  test('the whole chunk waits, longer than any message is tried, and is then handled in one transaction', async () => {
    const { handle, faults, letters, transactions, seen } = consumer()
    faults.database = 8
    const records = [ask(1), ask(2)]
    await handle(...records)
    expect(transactions).toEqual([idsOf(records)])
    expect(letters).toEqual([])
    expect(seen).toMatchObject({ storeCalls: 9, retried: 8 })
  })
  test('a dead letter waits for the broker', async () => {
    const { handle, faults, letters, seen, handledOf } = consumer({ attemptsMax: 1 })
    faults.broker = 8
    await handle(ask(1, 'broken'), ask(2))
    expect(letters).toHaveLength(1)
    expect(seen).toMatchObject({ publishCalls: 9, retried: 8, deadLettered: ['failed'] })
    expect(handledOf(2)).toHaveLength(1)
  })
})

describe('abandoned, it gives up and parks nothing', () => {
  const always = Number.POSITIVE_INFINITY
  const rows: [string, ConsumedRecord[], Partial<Record<'database' | 'broker', number>>, number][] = [
    ['while the database is away', [ask(1), ask(2)], { database: always }, 5],
    ['while a message fails', [ask(1, 'broken')], {}, 2],
    ['after the last attempt', [ask(1, 'broken')], {}, 3],
    ['while the broker is away', [ask(1, 'broken')], { broker: always }, 3],
  ]
  test.each(rows)('%s', async (_name, records, lasting, storeCalls) => {
    const { handle, faults, letters, seen } = consumer()
    Object.assign(faults, lasting)
    seen.abandoned = () => seen.storeCalls >= storeCalls && (lasting.broker === undefined || seen.publishCalls >= 3)
    await expect(handle(...records)).rejects.toBeInstanceOf(Abandoned)
    expect(letters).toEqual([])
    expect(seen).toMatchObject({ storeCalls, deadLettered: [] })
  })
})

describe('a record that cannot be read', () => {
  test('is a dead letter at once, as it came, and holds nobody back', async () => {
    const { handle, letters, transactions, seen } = consumer()
    const good = ask(1)
    const bad = { ...ask(1), value: Buffer.from([0xff, 0x00]) }
    await handle(bad, { ...ask(2), key: null }, good)
    expect(letters).toHaveLength(2)
    expect(letters[0]).toMatchObject({ key: bad.key, value: bad.value })
    expect(letters[0]?.headers).toMatchObject({
      ...bad.headers,
      'dead-letter-kind': 'undecodable',
      'dead-letter-error': expect.stringMatching(/^the value is no JSON/),
      'dead-letter-attempts': '1',
      'dead-letter-event-id': bad.id,
    })
    expect(transactions).toEqual([[good.id]])
    expect(seen).toMatchObject({ storeCalls: 1, deadLettered: ['undecodable', 'undecodable'] })
  })
  test('without any header still says where it came from', async () => {
    const { handle, letters } = consumer()
    await handle({ ...from(''), key: null, value: null, headers: {} })
    expect(letters[0]).toMatchObject({ key: null, value: null, headers: { 'dead-letter-topic': 'asks' } })
    expect(letters[0]?.headers).not.toHaveProperty('dead-letter-event-id')
  })
})
