/** A group on a topic of its own: members that come and go, and payments that go on meanwhile. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Place, TookTooLong, type Transport } from '@shop/messaging'
import { kafkaClient, kafkaPosition, kafkaTransport } from '@shop/transport-kafka'
import type { Pool } from 'pg'
import { bookingsOf } from '../payments/bookings.ts'
import { countsOf } from '../payments/counting.ts'
import { type Payment, recordOf } from '../payments/payment.ts'
import type { Addresses } from '../servers.ts'
import { deviationsOf } from './assignment.ts'
import { type Asking, groupView, membersOf } from './broker-view.ts'
import type { Told } from './member/settings.ts'
import { type MemberProcess, startMember } from './member-process.ts'
import type { Handled } from './standstill.ts'

const calmMsMax = 60_000
const pollMs = 100
const perBatch = 5
const betweenBatchesMs = 50
const lagMax = 100
const nothing = () => {}
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing }

export type Group = Awaited<ReturnType<typeof openGroup>>

/** @param payments sent one after the other, as far as they are asked for */
export const openGroup = async (
  { brokers, postgresUrl }: Addresses,
  pool: Pool,
  payments: readonly Payment[],
  partitions: number,
) => {
  const topic = `lab.group.${randomUUID().slice(0, 8)}`
  const transport = kafkaTransport({ brokers, clientId: 'lab' })
  const raw = kafkaClient({ brokers, clientId: 'lab', log: quiet }).admin()
  const asking: Asking = { raw, admin: transport.admin(), groupId: topic, topic }
  const members = new Map<string, MemberProcess>()
  const handled: Handled[] = []
  let publisher = transport.publisher()
  let [again, started, sent, markedMs] = [0, 0, 0, 0]
  let producing: { stop: boolean; ended: Promise<void> } | undefined
  await asking.admin.createTopics([{ topic, partitions }])
  await raw.connect()

  const onTold = (told: Told) => {
    if (told.kind === 'handled') handled.push(told)
    if (told.kind === 'again') again += told.records
  }
  const take = (name: string): MemberProcess => {
    const member = members.get(name)
    if (member === undefined) throw new Error(`there is no member ${name}`)
    return member
  }
  const send = async (count: number) => {
    const batch = payments.slice(sent, sent + count)
    if (batch.length < count) throw new Error(`the experiment took longer than its ${payments.length} payments last`)
    sent += count
    await publisher.publish(batch.map((payment) => recordOf(payment, topic)))
  }
  const stopProducing = async () => {
    if (producing === undefined) return
    producing.stop = true
    await producing.ended
    producing = undefined
  }

  return {
    asking,
    topic,
    /** What was handled, as the members told it. */
    handled: (): readonly Handled[] => handled,
    /** Records that came again and were dropped. */
    again: () => again,
    sent: () => payments.slice(0, sent),
    names: () => [...members.keys()],
    send,
    /** A hundred payments a second, until `stopProducing`. */
    produce: () => {
      const run = { stop: false, ended: Promise.resolve() }
      const go = async () => {
        while (!run.stop) {
          await send(perBatch)
          await pause(betweenBatchesMs)
        }
      }
      run.ended = go()
      run.ended.catch(() => {}) // told by stopProducing
      producing = run
    },
    stopProducing,
    /** Adds partitions, and sends by a new publisher: the former one would hear of them within minutes. */
    growTo: async (count: number) => {
      await raw.createPartitions({ topicPartitions: [{ topic, count }] })
      await until(async () => {
        const there = (await asking.admin.stretches([topic])).length
        return there === count ? undefined : `there are ${there} partitions`
      })
      await publisher.close()
      publisher = transport.publisher()
    },
    keysThatMoved: () => keysThatMoved(transport, topic),
    counts: async () => countsOf(payments.slice(0, sent), await bookingsOf(pool, topic)),
    /** Payments that have an effect. */
    booked: async () => new Set((await bookingsOf(pool, topic)).map(({ id }) => id)).size,
    /** Remembers this moment, for `moveTo`. */
    mark: () => {
      markedMs = Date.now()
    },
    /** Only while nobody is in the group. */
    moveTo: async (place: 'beginning' | 'end' | 'mark') => {
      await until(async () => {
        const { state } = await membersOf(asking)
        return state === 'Empty' || state === 'Dead' ? undefined : `the group is ${state}`
      })
      await asking.admin.moveGroup(topic, await placesAt(asking, place === 'mark' ? markedMs : place))
    },
    until,
    join: (name: string, commitIntervalMs = 100) => {
      started++
      const settings = { name, brokers, postgresUrl, topic, groupId: topic, number: started, commitIntervalMs }
      members.set(name, startMember(settings, onTold))
    },
    leave: async (name: string) => {
      await take(name).leave()
      members.delete(name)
    },
    kill: async (name: string) => {
      await take(name).kill()
      members.delete(name)
    },
    pause: (name: string) => take(name).pause(),
    resume: (name: string) => take(name).resume(),
    view: () => groupView(asking),
    /** Until the broker has these members alone, each partition with one of them, in even shares. @throws what is wrong after 60 s */
    calm: (names: readonly string[], ofPartitions = partitions) =>
      until(async () => {
        const { state, members: there } = await membersOf(asking)
        const wrong = deviationsOf(there, names, ofPartitions)
        return state === 'Stable' || names.length === 0 ? wrong[0] : `the group is ${state}`
      }),
    /** Until something of each partition was handled after `sinceMs`. */
    flowing: (sinceMs: number) =>
      until(async () => {
        const moving = new Set(handled.filter(({ atMs }) => atMs > sinceMs).map(({ partition }) => partition))
        return moving.size >= partitions ? undefined : `only ${moving.size} of ${partitions} partitions are handled`
      }),
    /** Until no more is waiting than a second brings. */
    caughtUp: () =>
      until(async () => {
        const lag = (await asking.admin.groupLag(topic, [topic]))[topic] ?? 0
        return lag <= lagMax ? undefined : `${lag} records are not acknowledged`
      }),
    /** Until all that was sent is acknowledged. */
    drained: () =>
      until(async () => {
        const lag = (await asking.admin.groupLag(topic, [topic]))[topic] ?? 0
        return lag === 0 ? undefined : `${lag} records are not acknowledged`
      }),
    close: async () => {
      await stopProducing().catch(nothing)
      await Promise.all([...members.values()].map((member) => member.kill()))
      await publisher.close()
      await asking.admin.close()
      await raw.disconnect()
    },
  }
}

/** @param at a time in milliseconds since 1970: the first record of each partition from then on */
const placesAt = async ({ raw, admin, topic }: Asking, at: 'beginning' | 'end' | number): Promise<Place[]> => {
  if (typeof at === 'number')
    return (await raw.fetchTopicOffsetsByTimestamp(topic, at)).map(({ partition, offset }) => ({
      topic,
      position: `${partition}/${offset}`,
    }))
  return (await admin.stretches([topic])).map(({ begin, end }) => ({ topic, position: at === 'end' ? end : begin }))
}

/** Keys of which records stand in more than one partition. */
const keysThatMoved = async (transport: Transport, topic: string) => {
  const places = new Map<string, Set<number>>()
  const reader = transport.read({
    topics: [topic],
    until: 'end',
    onRecords: (records) => {
      for (const { key, position } of records) {
        const of = places.get(String(key)) ?? new Set()
        places.set(String(key), of.add(kafkaPosition(position).partition))
      }
    },
  })
  await reader.ended
  return { keys: places.size, moved: [...places.values()].filter(({ size }) => size > 1).length }
}

/** @param wrong what is not yet as it should be; undefined: all is. @throws TookTooLong with it after 60 s */
const until = async (wrong: () => Promise<string | undefined>): Promise<void> => {
  const giveUpAt = Date.now() + calmMsMax
  for (;;) {
    const sentence = await wrong().catch((error: Error) => error.message)
    if (sentence === undefined) return
    if (Date.now() > giveUpAt) throw new TookTooLong(`after ${calmMsMax} ms: ${sentence}`)
    await pause(pollMs)
  }
}
