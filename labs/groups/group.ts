/** A group on a topic of its own: members that come and go, and payments that go on meanwhile. */
import { randomUUID } from 'node:crypto'
import { type KafkaTransport, kafkaClient, kafkaTransport } from '@shop/transport-kafka'
import type { Pool } from 'pg'
import { bookingsOf } from '../payments/bookings.ts'
import { type Counts, countsOf } from '../payments/counting.ts'
import type { Payment } from '../payments/payment.ts'
import type { Addresses } from '../servers.ts'
import { deviationsOf } from './assignment.ts'
import { type Asking, type GroupView, groupView, membersOf } from './broker-view.ts'
import type { Told } from './member/settings.ts'
import { type MemberProcess, startMember } from './member-process.ts'
import { keysThatMoved, placesAt } from './moving.ts'
import type { Handled } from './standstill.ts'
import { Stream } from './stream.ts'
import { until } from './until.ts'

const nothing = () => {}
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const commitIntervalMsUsual = 100
/** What a second brings. */
const lagMax = 100

interface Setting {
  readonly addresses: Addresses
  readonly pool: Pool
  readonly payments: readonly Payment[]
  readonly partitions: number
}

export class Group {
  readonly topic = `lab.group.${randomUUID().slice(0, 8)}`
  readonly asking: Asking
  readonly stream: Stream
  readonly #setting: Setting
  readonly #transport: KafkaTransport
  readonly #members = new Map<string, MemberProcess>()
  readonly #handled: Handled[] = []
  #again = 0
  #started = 0
  #markedMs = 0

  private constructor(setting: Setting) {
    const { brokers } = setting.addresses
    this.#setting = setting
    this.#transport = kafkaTransport({ brokers, clientId: 'lab' })
    const raw = kafkaClient({ brokers, clientId: 'lab', log: quiet }).admin()
    this.asking = { raw, admin: this.#transport.admin(), groupId: this.topic, topic: this.topic }
    this.stream = new Stream(setting.payments, this.topic, () => this.#transport.publisher())
  }

  static async open(setting: Setting): Promise<Group> {
    const group = new Group(setting)
    await group.asking.admin.createTopics([{ topic: group.topic, partitions: setting.partitions }])
    await group.asking.raw.connect()
    return group
  }

  /** What was handled, as the members told it. */
  handled(): readonly Handled[] {
    return this.#handled
  }

  /** Records that came again and were dropped. */
  again(): number {
    return this.#again
  }

  join(name: string, commitIntervalMs = commitIntervalMsUsual): void {
    const { brokers, postgresUrl } = this.#setting.addresses
    this.#started++
    const { topic } = this
    const settings = { name, brokers, postgresUrl, topic, groupId: topic, number: this.#started, commitIntervalMs }
    this.#members.set(
      name,
      startMember(settings, (told) => this.#hear(told)),
    )
  }

  async leave(name: string): Promise<void> {
    await this.#member(name).leave()
    this.#members.delete(name)
  }

  async kill(name: string): Promise<void> {
    await this.#member(name).kill()
    this.#members.delete(name)
  }

  pause(name: string): void {
    this.#member(name).pause()
  }

  resume(name: string): void {
    this.#member(name).resume()
  }

  view(): Promise<GroupView> {
    return groupView(this.asking)
  }

  /** Until the broker has these members alone, each partition with one of them, in even shares. @throws what is wrong after 60 s */
  calm(names: readonly string[], partitions = this.#setting.partitions): Promise<void> {
    return until(async () => {
      const { state, members } = await membersOf(this.asking)
      if (state !== 'Stable') return `the group is ${state}`
      return deviationsOf(members, names, partitions)[0]
    })
  }

  /** Until something of each partition was handled after `sinceMs`. */
  flowing(sinceMs: number): Promise<void> {
    const { partitions } = this.#setting
    return until(async () => {
      const moving = new Set(this.#handled.filter(({ atMs }) => atMs > sinceMs).map(({ partition }) => partition))
      return moving.size >= partitions ? undefined : `only ${moving.size} of ${partitions} partitions are handled`
    })
  }

  /** Until no more is waiting than a second brings. */
  caughtUp(): Promise<void> {
    return this.#lagDownTo(lagMax)
  }

  /** Until all that was sent is acknowledged. */
  drained(): Promise<void> {
    return this.#lagDownTo(0)
  }

  async counts(): Promise<Counts> {
    return countsOf(this.stream.sent(), await bookingsOf(this.#setting.pool, this.topic))
  }

  /** Remembers this moment, for `moveTo`. */
  mark(): void {
    this.#markedMs = Date.now()
  }

  /** Waits until nobody is in the group, and moves it. */
  async moveTo(place: 'beginning' | 'end' | 'mark'): Promise<void> {
    await until(async () => {
      const { state } = await membersOf(this.asking)
      return state === 'Empty' ? undefined : `the group is ${state}`
    })
    await this.asking.admin.moveGroup(this.topic, await placesAt(this.asking, place === 'mark' ? this.#markedMs : place))
  }

  async growTo(count: number): Promise<void> {
    const { raw, admin } = this.asking
    await raw.createPartitions({ topicPartitions: [{ topic: this.topic, count }] })
    await until(async () => {
      const there = (await admin.stretches([this.topic])).length
      return there === count ? undefined : `there are ${there} partitions`
    })
    await this.stream.renew()
  }

  keysThatMoved(): ReturnType<typeof keysThatMoved> {
    return keysThatMoved(this.#transport, this.topic)
  }

  async close(): Promise<void> {
    await this.stream.close()
    await Promise.all([...this.#members.values()].map((member) => member.kill()))
    await this.asking.admin.close()
    await this.asking.raw.disconnect()
  }

  #hear(told: Told): void {
    if (told.kind === 'handled') this.#handled.push(told)
    if (told.kind === 'again') this.#again += told.records
  }

  #member(name: string): MemberProcess {
    const member = this.#members.get(name)
    if (member === undefined) throw new Error(`there is no member ${name}`)
    return member
  }

  #lagDownTo(max: number): Promise<void> {
    return until(async () => {
      const lag = (await this.asking.admin.groupLag(this.topic, [this.topic]))[this.topic] ?? 0
      return lag <= max ? undefined : `${lag} records are not acknowledged`
    })
  }
}
