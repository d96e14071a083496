import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { Abandoned, type ConsumedRecord } from '../transport.ts'
import type { TransportFeatures, TransportFixture } from './transport-fixture.ts'
import { distinctOf, keysOutOfOrder, newGroup, newSetting, type Setting, until } from './transport-setting.ts'

const all = (records: readonly ConsumedRecord[], count: number) => () => distinctOf(records) === count

/** What a group promises when its members come, go, crash and dawdle. */
export const membershipConformance = (features: TransportFeatures, setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  let groupId: string
  beforeEach(async () => {
    setting = await newSetting(setUp)
    groupId = newGroup()
  })

  test('a second member joins and leaves: nothing is lost, and keys keep their order', async () => {
    const process = await setting.open()
    const inOrder: ConsumedRecord[] = []
    const note = (records: readonly ConsumedRecord[]) => void inOrder.push(...records)
    let published = 0
    const publish = async () => {
      await setting.publish(100, published)
      published += 100
    }
    const first = setting.consume(groupId, note)
    await publish()
    await until('the first one has all', 30_000, all(inOrder, published))
    const second = setting.consume(groupId, note, process)
    await until('the second one has its share', 40_000, async () => {
      await publish()
      await until('what was published is handled', 30_000, all(inOrder, published))
      return second.handled.length > 0
    })
    await second.stop()
    await publish()
    await until('the first one has all again', 30_000, all(inOrder, published))
    expect(first.joined()).toBe(true)
    expect(keysOutOfOrder(inOrder)).toEqual([])
  })

  test('a handler that is slow keeps its records, and holds nobody else up', async () => {
    await setting.publish(20)
    const goesOnAt = performance.now() + features.silenceMs
    let abandoned = false
    const slow = setting.consume(groupId, async (_, assignment) => {
      await pause(Math.max(0, goesOnAt - performance.now()))
      abandoned ||= assignment.abandoned()
    })
    const brisk = setting.consume(newGroup())
    await until('the others have all', features.silenceMs - 1, all(brisk.handled, 20)).catch(() => {})
    expect(distinctOf(brisk.handled)).toBe(20)
    expect(slow.handled).toEqual([])
    await until('the slow one has all', 30_000, all(slow.handled, 20))
    expect({ abandoned, count: slow.handled.length, joined: slow.joined() }).toEqual({
      abandoned: false,
      count: 20,
      joined: true,
    })
    await until('that is committed', 10_000, async () => (await slow.lag())[setting.topic] === 0)
  })
}

export const atLeastOnceConformance = (features: TransportFeatures, setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  let groupId: string
  beforeEach(async () => {
    setting = await newSetting(setUp)
    groupId = newGroup()
  })

  describe('at least once', () => {
    test('what a handler throws at comes again, whatever it throws', async () => {
      await setting.publish(60)
      const thrown = [new Error('no'), new TypeError('undefined is not a function'), new Abandoned('for no reason')]
      const { handled } = setting.consume(groupId, () => {
        const next = thrown.shift()
        if (next) throw next
      })
      await until('all is handled', 30_000, all(handled, 60))
      expect(handled).toHaveLength(60)
      expect(keysOutOfOrder(handled)).toEqual([])
    })

    test('a stop commits what was handled, and nothing else', async () => {
      await setting.publish(200)
      let failing = false
      const first = setting.consume(
        groupId,
        () => {
          failing = first.handled.length >= 100
          if (failing) throw new Error('not these')
        },
        undefined,
        20,
      )
      await until('it fails midway', 30_000, () => failing)
      await first.stop()
      const next = setting.consume(groupId)
      await until('the rest is handled', 30_000, () => distinctOf([...first.handled, ...next.handled]) === 200)
      expect(first.handled.length + next.handled.length).toBe(200)
    })

    test('what a consumer had not committed when it crashed is handled by another one', async () => {
      await setting.publish(100)
      const doomed = await setting.open()
      let holds = 0
      const crashed = setting.consume(
        groupId,
        async (records, { abandoned }) => {
          holds = records.length
          await until('it is no longer its own', 60_000, abandoned)
          throw new Abandoned('crashed')
        },
        doomed,
      )
      await until('it holds records', 30_000, () => holds > 0)
      doomed.crash()
      const { handled } = setting.consume(groupId)
      await until('another one has all', features.takeOverMsMax, all(handled, 100))
      expect(crashed.handled).toEqual([])
    })
  })
}
