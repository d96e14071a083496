import { beforeEach, expect, test } from 'vitest'
import type { ConsumedRecord } from '../transport.ts'
import type { TransportFixture } from './transport-fixture.ts'
import {
  distinctOf,
  keysOutOfOrder,
  newGroup,
  newSetting,
  numbered,
  numbers,
  type Setting,
  until,
  valuesOf,
} from './transport-setting.ts'

const all = (records: readonly ConsumedRecord[], count: number) => () => distinctOf(records) === count

/** Publishing, and consuming as a member of a group. */
export const deliveryConformance = (setUp: () => Promise<TransportFixture>): void => {
  let setting: Setting
  let groupId: string
  beforeEach(async () => {
    setting = await newSetting(setUp)
    groupId = newGroup()
  })

  test('records of a key come in the order in which they were published', async () => {
    const publisher = setting.publisher()
    await Promise.all(numbers(300).map((n) => publisher.publish(numbered(setting.topic, [n]))))
    const { handled } = setting.consume(groupId)
    await until('all is handled', 30_000, all(handled, 300))
    expect(keysOutOfOrder(handled)).toEqual([])
    expect(handled).toHaveLength(300)
  })

  test('each group gets every record', async () => {
    await setting.publish(50)
    const [one, other] = [setting.consume(groupId), setting.consume(newGroup())]
    await until('both have all', 30_000, () => distinctOf(one.handled) === 50 && distinctOf(other.handled) === 50)
  })

  test('a broker that is away loses nothing that it acknowledged, and consumers go on when it is back', async () => {
    const process = await setting.open()
    const publisher = setting.publisher(process)
    const consumer = setting.consume(groupId, undefined, process)
    const { handled } = consumer
    await publisher.publish(numbered(setting.topic, numbers(50)))
    await until('the first ones are handled', 30_000, all(handled, 50))
    process.away(true)
    await setting.publish(50, 50) // somebody else reaches it
    await expect(publisher.publish(numbered(setting.topic, [1_000]))).rejects.toThrow()
    expect(publisher.ready()).toBe(false)
    await until('it says that it is not in its group', 20_000, () => !consumer.joined())
    process.away(false)
    await until('the publisher is back', 20_000, publisher.ready)
    await publisher.publish(numbered(setting.topic, numbers(50, 100)))
    await until('all is handled', 40_000, () => numbers(150).every((n) => valuesOf(handled).includes(String(n))))
    expect(consumer.joined()).toBe(true)
    expect(keysOutOfOrder(handled.filter(({ value }) => Number(String(value)) < 150))).toEqual([])
  })

  test('tells the lag of a group, also while its handler stands still', async () => {
    await setting.publish(30)
    let stands = true
    const standing = setting.consume(groupId, async (_, { abandoned }) => {
      await until('it goes on', 60_000, () => !stands || abandoned())
    })
    await until('it has joined', 30_000, () => standing.joined())
    expect(await standing.lag()).toEqual({ [setting.topic]: 30 })
    stands = false
    await until('nothing is left', 15_000, async () => (await standing.lag())[setting.topic] === 0)
  })
}
