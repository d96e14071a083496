import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { ConsumedRecord, TransportAdmin } from '../transport.ts'
import { type TransportFeatures, type TransportFixture, testIf } from './transport-fixture.ts'
import { distinctOf, keysOutOfOrder, newGroup, newSetting, type Setting, until, valuesOf } from './transport-setting.ts'

const openAdmin = async (setting: Setting): Promise<TransportAdmin> => {
  const opened = (await setting.open()).transport.admin()
  onTestFinished(() => opened.close())
  return opened
}

/** A reader that goes on, and what it has read. */
const follow = async (setting: Setting, from: 'beginning' | 'end') => {
  const read: ConsumedRecord[] = []
  const onRecords = (records: readonly ConsumedRecord[]) => void read.push(...records)
  const reader = (await setting.open()).transport.read({ topics: [setting.topic], from, until: 'stopped', onRecords })
  onTestFinished(() => reader.stop())
  await reader.started
  return { read, reader }
}

/** Reading beside the groups. */
export const readingConformance = (setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  beforeEach(async () => {
    setting = await newSetting(setUp)
  })

  test('two readers each see all, and take nothing from a group', async () => {
    await setting.publish(40)
    const [one, other] = await Promise.all([follow(setting, 'beginning'), follow(setting, 'beginning')])
    await until('both have read what was there', 30_000, () => one.reader.caughtUp() && other.reader.caughtUp())
    await setting.publish(40, 40)
    await until('both have all', 30_000, () => distinctOf(one.read) === 80 && distinctOf(other.read) === 80)
    for (const { read } of [one, other]) expect(keysOutOfOrder(read)).toEqual([])
    const { handled } = setting.consume(newGroup())
    await until('a group has all', 30_000, () => distinctOf(handled) === 80)
  })

  test('a reader that begins at the end brings only what comes', async () => {
    await setting.publish(20)
    const { read, reader } = await follow(setting, 'end')
    expect(reader.caughtUp()).toBe(true)
    await setting.publish(20, 20)
    await until('it has that', 30_000, () => distinctOf(read) === 20)
    expect(valuesOf(read).every((value) => Number(value) >= 20)).toBe(true)
    await reader.stop()
    await reader.ended
    await setting.publish(20, 40)
    expect(read).toHaveLength(20)
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
}

/** Reading again what was there. */
export const replayConformance = (features: TransportFeatures, setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  beforeEach(async () => {
    setting = await newSetting(setUp)
  })

  testIf(features, 'replay')('reads again from a position, that sequence alone', async () => {
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

  testIf(features, 'replay')('reads the oldest and the latest of each sequence, and from a time on', async () => {
    await setting.publish(100)
    const stretches = await (await openAdmin(setting)).stretches([setting.topic])
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
}
