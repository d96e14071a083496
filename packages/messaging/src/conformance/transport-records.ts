import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type ConsumedRecord, type OutgoingRecord, type TransportAdmin, Unsendable } from '../transport.ts'
import { type TransportFeatures, type TransportFixture, testIf } from './transport-fixture.ts'
import { distinctOf, newGroup, newSetting, numbers, type Setting, until, valuesOf } from './transport-setting.ts'

const openAdmin = async (setting: Setting): Promise<TransportAdmin> => {
  const opened = (await setting.open()).transport.admin()
  onTestFinished(() => opened.close())
  return opened
}

/** What a record is, and where it stands. */
export const recordConformance = (features: TransportFeatures, setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  beforeEach(async () => {
    setting = await newSetting(setUp)
  })

  test('a record comes as it was published: bytes, headers, key', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const headers = { a: 'ä', empty: '', 'content-type': 'application/json', long: 'x'.repeat(2_000) }
    await setting.publisher().publish([{ topic: setting.topic, key: 'ключ', value: bytes, headers }])
    const [record] = await setting.read()
    expect(record).toMatchObject({ topic: setting.topic, key: 'ключ', headers })
    expect(record?.value).toEqual(bytes)
    expect(Object.keys(record?.headers ?? {})).toHaveLength(4)
    expect(Math.abs(Date.now() - (record?.timestampMs ?? 0))).toBeLessThan(60_000)
  })

  testIf(features, 'emptyKeysAndValues')('a key and a value that are null, or empty, stay so', async () => {
    const { topic } = setting
    const odd: readonly OutgoingRecord[] = [
      { topic, key: null, value: null, headers: {} },
      { topic, key: '', value: '', headers: { '': 'no name' } },
      { topic, key: 'tombstone', value: null, headers: {} },
    ]
    await setting.publisher().publish(odd)
    const read = (await setting.read()).map(({ key, value, headers }) => ({ key, value: value && String(value), headers }))
    const expected = odd.map(({ key, value, headers }) => ({ key, value, headers }))
    expect(read).toHaveLength(3)
    expect(read).toEqual(expect.arrayContaining(expected))
  })

  testIf(features, 'rawBytes')('keys and headers are kept as the bytes that they are', async () => {
    const { topic } = setting
    const bytes = Buffer.from([0, 0, 0, 0, 7, 0xff, 0x41])
    const headers = [
      ['again', Buffer.from('1')],
      ['again', Buffer.from([0xc0])],
      ['again', Buffer.from('3')],
      ['bytes', bytes],
      ['none', null],
    ] as const
    const sent: OutgoingRecord = { topic, key: '', value: 'v', headers: { text: 'ä' }, raw: { key: bytes, headers } }
    await setting.publisher().publish([sent])
    const [record] = await setting.read()
    expect(record?.raw?.key).toEqual(bytes)
    expect(record?.raw?.headers).toEqual(headers)
    expect(record).toMatchObject({
      key: '\\x00\\x00\\x00\\x00\\x07\\xffA',
      headers: { text: 'ä', again: '3', bytes: '\\x00\\x00\\x00\\x00\\x07\\xffA' },
    })
    await setting.publisher().publish([record as ConsumedRecord])
    const [, copy] = await setting.read()
    const { position: _, timestampMs: __, ...whole } = record as ConsumedRecord
    expect(copy).toMatchObject(whole)
  })

  testIf(features, 'rawBytes')('texts are texts, and what only looks odd is not', async () => {
    const { topic } = setting
    const names = ['replacement', 'control', 'schlüssel', '\\x00', '__proto__']
    const headers = Object.fromEntries(names.map((name, i) => [name, ['\ufffd', '\x01\x7f', '', '\\x00', 'own'][i] ?? '']))
    await setting.publisher().publish([{ topic, key: '\ufffd🔑', value: '', headers }])
    const [record] = await setting.read()
    expect(record?.raw).toBeUndefined()
    expect(record?.key).toBe('\ufffd🔑')
    expect(Object.entries(record?.headers ?? {}).sort()).toEqual(Object.entries(headers).sort())
  })

  test('thousands of headers and a large one come whole', async () => {
    const { topic } = setting
    const many = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`h${i}`, String(i)]))
    const large = { large: 'x'.repeat(700_000) }
    await setting.publisher().publish([
      { topic, key: 'k', value: '', headers: many },
      { topic, key: 'k', value: '', headers: large },
    ])
    expect((await setting.read()).map(({ headers }) => headers)).toEqual([many, large])
  })

  testIf(features, 'boundsRecords')('what is too large for ever is named, alone, and others go', async () => {
    const { topic } = setting
    const sent = (value: string): OutgoingRecord => ({ topic, key: 'k', value, headers: {} })
    const publisher = setting.publisher()
    for (const bytes of [1_500_000, 3_000_000]) {
      const large = sent('x'.repeat(bytes))
      const error = await publisher.publish([sent('a'), large, sent('b')]).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(Unsendable)
      expect((error as Unsendable).record).toBe(large)
      await publisher.publish([sent('after')])
    }
    const read = valuesOf(await setting.read())
    expect(read.filter((value) => value === 'after')).toHaveLength(2)
    expect(read.every((value) => value.length < 10)).toBe(true)
  })

  test('each record has a position of its own, and the same one whenever it is read', async () => {
    await setting.publish(100)
    const placeOf = ({ position, value }: ConsumedRecord) => `${position} ${value}`
    const first = await setting.read()
    expect(new Set(first.map(({ position }) => position)).size).toBe(100)
    const { handled } = setting.consume(newGroup())
    await until('it is consumed', 30_000, () => handled.length === 100)
    expect(handled.map(placeOf).sort()).toEqual(first.map(placeOf).sort())
  })
}

/** What tools ask of a broker. */
export const adminConformance = (features: TransportFeatures, setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  beforeEach(async () => {
    setting = await newSetting(setUp)
  })

  test('tells what topics there are and where they end', async () => {
    const ask = await openAdmin(setting)
    await ask.createTopics([{ topic: setting.topic, partitions: 9 }]) // stays as it is
    expect(await ask.topics()).toContain(setting.topic)
    await setting.publish(70)
    const stretches = await ask.stretches([setting.topic])
    expect(stretches.reduce((sum, { records }) => sum + records, 0)).toBe(70)
    expect(stretches.some(({ trimmed }) => trimmed)).toBe(false)
    const firsts = new Set((await setting.read()).map(({ position }) => position))
    for (const { begin, records } of stretches) if (records > 0) expect(firsts).toContain(begin)
  })

  testIf(features, 'movesGroups')('moves a group that has no members: what lies behind comes again', async () => {
    const [ask, groupId] = [await openAdmin(setting), newGroup()]
    await setting.publish(60)
    expect(await ask.groupLag(groupId, [setting.topic])).toEqual({ [setting.topic]: 60 })
    const before = (await ask.stretches([setting.topic])).map(({ topic, end }) => ({ topic, position: end }))
    await setting.publish(60, 60)
    await ask.moveGroup(groupId, before)
    const places = await ask.groupPlaces(groupId, [setting.topic])
    expect(places.map(({ topic, position }) => ({ topic, position }))).toEqual(before)
    expect(places.reduce((sum, { lag }) => sum + lag, 0)).toBe(60)
    const member = setting.consume(groupId)
    await until('it has what came after', 30_000, () => distinctOf(member.handled) === 60)
    expect(valuesOf(member.handled).sort()).toEqual(numbers(60, 60).map(String).sort())
    await expect(ask.moveGroup(groupId, before)).rejects.toThrow()
  })
}
