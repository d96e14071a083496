import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { ConsumedRecord, OutgoingRecord, TransportAdmin } from '../transport.ts'
import type { TransportFeatures, TransportFixture } from './transport.ts'
import { distinctOf, keysOutOfOrder, newGroup, newSetting, numbers, type Setting, until, valuesOf } from './transport-setting.ts'

/** Reading beside the groups, and what tools ask. */
export const readingConformance = (features: TransportFeatures, setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  beforeEach(async () => {
    setting = await newSetting(setUp)
  })
  const admin = async (): Promise<TransportAdmin> => {
    const opened = (await setting.open()).transport.admin()
    onTestFinished(() => opened.close())
    return opened
  }
  /** A reader that goes on, and what it has read. */
  const follow = async (from: 'beginning' | 'end') => {
    const read: ConsumedRecord[] = []
    const onRecords = (records: readonly ConsumedRecord[]) => void read.push(...records)
    const reader = (await setting.open()).transport.read({ topics: [setting.topic], from, until: 'stopped', onRecords })
    onTestFinished(() => reader.stop())
    await reader.started
    return { read, reader }
  }

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

  test.skipIf(!features.emptyKeysAndValues)('a key and a value that are null, or empty, stay so', async () => {
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

  test('each record has a position of its own, and the same one whenever it is read', async () => {
    await setting.publish(100)
    const placeOf = ({ position, value }: ConsumedRecord) => `${position} ${value}`
    const first = await setting.read()
    expect(new Set(first.map(({ position }) => position)).size).toBe(100)
    const { handled } = setting.consume(newGroup())
    await until('it is consumed', 30_000, () => handled.length === 100)
    expect(handled.map(placeOf).sort()).toEqual(first.map(placeOf).sort())
  })

  test('two readers each see all, and take nothing from a group', async () => {
    await setting.publish(40)
    const [one, other] = await Promise.all([follow('beginning'), follow('beginning')])
    await until('both have read what was there', 30_000, () => one.reader.caughtUp() && other.reader.caughtUp())
    await setting.publish(40, 40)
    await until('both have all', 30_000, () => distinctOf(one.read) === 80 && distinctOf(other.read) === 80)
    for (const { read } of [one, other]) expect(keysOutOfOrder(read)).toEqual([])
    const { handled } = setting.consume(newGroup())
    await until('a group has all', 30_000, () => distinctOf(handled) === 80)
  })

  test('a reader that begins at the end brings only what comes', async () => {
    await setting.publish(20)
    const { read, reader } = await follow('end')
    expect(reader.caughtUp()).toBe(true)
    await setting.publish(20, 20)
    await until('it has that', 30_000, () => distinctOf(read) === 20)
    expect(valuesOf(read).every((value) => Number(value) >= 20)).toBe(true)
    await reader.stop()
    await reader.ended
    await setting.publish(20, 40)
    expect(read).toHaveLength(20)
  })

  test.skipIf(!features.replay)('reads again from a position, that sequence alone', async () => {
    await setting.publish(100)
    const ofKey = (await setting.read()).filter(({ key }) => key === 'k3')
    const middle = ofKey[4]
    if (middle === undefined) throw new Error('there are fewer records')
    const again = await setting.read({ from: { places: [middle] } })
    expect(again[0]).toEqual(middle)
    expect(again.filter(({ key }) => key === 'k3')).toEqual(ofKey.slice(4))
    expect(keysOutOfOrder(again)).toEqual([])
    expect((await setting.read({ from: { places: [middle] }, recordsPerSequenceMax: 1 })).map(({ value }) => value)).toEqual([
      middle.value,
    ])
  })

  test.skipIf(!features.replay)('reads the oldest and the latest of each sequence, and from a time on', async () => {
    await setting.publish(100)
    const stretches = await (await admin()).stretches([setting.topic])
    const share = 3
    const [oldest, latest] = [
      await setting.read({ recordsPerSequenceMax: share }),
      await setting.read({ from: { latest: share } }),
    ]
    const expected = stretches.reduce((sum, { records }) => sum + Math.min(share, records), 0)
    expect([oldest.length, latest.length]).toEqual([expected, expected])
    expect(valuesOf(oldest)).toContain('0')
    expect(valuesOf(latest)).toContain('99')
    const lateMs = Date.now() + 60_000
    expect(await setting.read({ from: { sinceMs: lateMs } })).toEqual([])
    expect(distinctOf(await setting.read({ from: { sinceMs: 0 } }))).toBe(100)
  })

  test('a reader ends when it is aborted, and with what its callback throws', async () => {
    await setting.publish(10)
    const aborting = new AbortController()
    await setting.read({ until: 'stopped', signal: aborting.signal, onRecords: () => aborting.abort() })
    const refusing = setting.read({
      onRecords: () => {
        throw new Error('no more')
      },
    })
    await expect(refusing).rejects.toThrow('no more')
    expect(await setting.read({ signal: AbortSignal.abort() })).toEqual([])
  })

  test('tells what topics there are and where they end', async () => {
    const ask = await admin()
    await ask.createTopics([{ topic: setting.topic, partitions: 9 }]) // stays as it is
    expect(await ask.topics()).toContain(setting.topic)
    await setting.publish(70)
    const stretches = await ask.stretches([setting.topic])
    expect(stretches.reduce((sum, { records }) => sum + records, 0)).toBe(70)
    expect(stretches.some(({ trimmed }) => trimmed)).toBe(false)
    const firsts = new Set((await setting.read()).map(({ position }) => position))
    for (const { begin, records } of stretches) if (records > 0) expect(firsts).toContain(begin)
  })

  test.skipIf(!features.movesGroups)('moves a group that has no members: what lies behind comes again', async () => {
    const [ask, groupId] = [await admin(), newGroup()]
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
