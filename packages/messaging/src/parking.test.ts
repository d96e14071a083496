import { describe, expect, test } from 'vitest'
import { ask, consumer, from } from './testing/consumer.ts'
import type { ConsumedRecord } from './transport.ts'

describe('many records that cannot be read', () => {
  const unreadable = (count: number): ConsumedRecord[] =>
    Array.from({ length: count }, () => ({ ...from('?'), key: null, value: Buffer.from('?'), headers: { ce_type: 'nonsense' } }))

  test('are set aside in one transaction, with one request to the broker, in their order, and good ones go on', async () => {
    const { handle, letters, seen, handledOf } = consumer()
    const records = unreadable(200)
    const good = ask(1)
    await handle(...records.slice(0, 100), good, ...records.slice(100))
    expect(seen).toMatchObject({ parkCalls: 1, publishCalls: 1 })
    expect(letters.map((l) => l.headers['dead-letter-position'])).toEqual(records.map((r) => r.position))
    expect(handledOf(1)).toEqual([good.id])
  })

  test('are one line of the log, which says how many and where the first are', async () => {
    const { handle, lines } = consumer()
    const records = unreadable(200)
    await handle(...records)
    expect(lines).toHaveLength(1)
    expect(lines[0]?.details).toMatchObject({ letters: 200, undecodable: 200 })
    expect(JSON.stringify(lines)).toContain(`asks/${records[0]?.position}/`)
    expect(JSON.stringify(lines).length).toBeLessThan(1_500)
  })

  test('a line of the log is bounded, however long the key is', async () => {
    const { handle, lines } = consumer()
    await handle({ ...from('k'.repeat(1_000_000)), value: null, headers: { ce_id: 'x'.repeat(1_000_000) } })
    expect(JSON.stringify(lines).length).toBeLessThan(2_000)
  })
})

describe('what the database or the broker refuses for good is not tried for ever', () => {
  const large = () => ({ ...ask(1), value: Buffer.alloc(3_000_000, 'x') })

  test('of a copy that is too large less is sent, and it says so', async () => {
    const { handle, letters, seen, memory } = consumer({ copyBytesMax: 1_900_000 })
    const record = large()
    await handle(ask(2), record, { ...ask(3), value: null })
    const cut = letters.find((l) => l.key === record.key)
    expect(cut?.value).toHaveLength(65_536)
    expect(cut?.headers['dead-letter-cut']).toContain('65536 of 3000000 bytes of the value')
    expect(letters).toHaveLength(2)
    expect(seen).toMatchObject({ publishCalls: 2, retried: 0, deadLettered: ['undecodable', 'undecodable'] })
    const [letter] = await memory.letters({ key: record.key ?? '', limit: 1 })
    expect(letter?.record.value, 'the letter has it whole').toHaveLength(3_000_000)
    expect(cut?.headers['dead-letter-cut']).toContain(letter?.id)
  })

  test.each([
    ['nothing of the record', 10_000, 1],
    ['no copy at all', 10, 0],
  ])('a broker that takes little has %s in the end', async (_what, copyBytesMax, copies) => {
    const { handle, letters, seen } = consumer({ copyBytesMax })
    await handle(large())
    expect(letters.map((l) => l.value)).toEqual(Array(copies).fill(null))
    expect(seen).toMatchObject({ publishCalls: 3, deadLettered: ['undecodable'] })
  })

  test('a record that the database refuses becomes a letter without content; the others of its chunk are whole', async () => {
    const { handle, letters, memory } = consumer({ refuses: ({ record }) => record.value?.includes(0) === true })
    const [odd, other] = [
      { ...ask(1), value: Buffer.from([0]) },
      { ...ask(2), value: Buffer.from('?') },
    ]
    await handle(odd, other)
    const stored = await memory.letters({ limit: 10 })
    expect(stored.map((l) => l.record.value)).toEqual([null, other.value])
    expect(stored[0]).toMatchObject({
      record: { topic: 'asks', position: odd.position },
      failure: { kind: 'undecodable', error: expect.stringContaining('not stored, 1 bytes: TypeError: invalid byte sequence') },
    })
    expect(letters).toHaveLength(2)
  })
})

test('an event of an unknown type is passed over, and counted', async () => {
  const { handle, letters, seen } = consumer()
  const newer = ask(1)
  await handle({ ...newer, headers: { ...newer.headers, ce_type: 'test.bank.Insured.v1' } })
  expect(seen).toMatchObject({ passedOver: 1, storeCalls: 0, parkCalls: 0, publishCalls: 0 })
  expect(letters).toEqual([])
})
