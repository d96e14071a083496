/** Rounds of odd records between good orders, and what is wrong after each. */
import { allTopics } from '@shop/choreography'
import { readRunRecord } from '@shop/tools/running-shop'
import { checkShop } from '../chaos/check.ts'
import { Random } from '../simulation/random.ts'
import { type GoodOrder, placeOne } from './good-orders.ts'
import { oddRecord } from './kinds.ts'
import { Memory } from './memory.ts'
import type { OddRecord, TrueRecord } from './odd-record.ts'
import type { OwnShop } from './own-shop.ts'
import { openSender, type Sender } from './sending.ts'

export const heldMsMax = 5_000
export const memoryMbMax = 384
/** Odd records that are there before good orders come. */
const waveRecords = 50
/** So many that some of them come to each partition. */
const waveOrders = 10
const restSeconds = 60
/** Records of a run by its seed, for the seeds of each. */
const recordsMax = 2 ** 20

export interface RoundResult {
  readonly records: number
  readonly refused: readonly string[]
  readonly kinds: ReadonlyMap<string, number>
  readonly heldMs: readonly number[]
  /** What is wrong, a line each. */
  readonly flaws: readonly string[]
}

const flawOf = ({ orderId, heldMs, status, wanted }: GoodOrder, msMax: number): string[] => {
  if (heldMs === undefined) return [`held: order ${orderId} is ${status} for ever`]
  if (heldMs > msMax) return [`held: order ${orderId} ended after ${(heldMs / 1_000).toFixed(1)} s`]
  return status === wanted ? [] : [`order ${orderId} is ${status}, not ${wanted}`]
}

export interface RoundsOptions {
  readonly seed: number
  /** How long a good order may take, in milliseconds; default 5 s. */
  readonly heldMs?: number | undefined
}

/** A shop, and who puts odd records on its topics. */
export class Rounds {
  readonly memory = new Memory()
  readonly #own: OwnShop
  readonly #sender: Sender
  readonly #seed: number
  readonly #heldMsMax: number
  readonly #trueRecords: readonly TrueRecord[]
  readonly #pids: ReadonlyMap<string, number>

  private constructor(
    own: OwnShop,
    sender: Sender,
    { seed, heldMs = heldMsMax }: RoundsOptions,
    trueRecords: readonly TrueRecord[],
  ) {
    this.#heldMsMax = heldMs
    this.#own = own
    this.#sender = sender
    this.#seed = seed
    this.#trueRecords = trueRecords
    this.#pids = pidsOf(own)
  }

  /** Some good orders first: their events are what some odd records are made from. @throws Error when these do not end */
  static async begin(own: OwnShop, options: RoundsOptions): Promise<Rounds> {
    const { seed, heldMs = heldMsMax } = options
    const random = new Random(seed)
    const orders: GoodOrder[] = []
    for (let i = 0; i < 3; i++) orders.push(...(await placeMany(own, random)))
    const flaws = orders.flatMap((order) => (order.heldMs === undefined ? flawOf(order, heldMs) : []))
    if (flaws.length > 0) throw new Error(`without any odd record: ${flaws.join('; ')}`)
    const sender = await openSender(own.target.access.brokers)
    const trueRecords = await sender.eventsOf(allTopics().events, new Set(orders.map((o) => o.orderId)))
    return new Rounds(own, sender, options, trueRecords)
  }

  recordOf(number: number): OddRecord {
    return oddRecord(new Random(this.#seed * recordsMax + number), number, this.#trueRecords)
  }

  /** Puts these records on the topics, in waves with good orders behind each; then nothing may be wrong. */
  async play(numbers: readonly number[], onWave: (records: number) => void = () => {}): Promise<RoundResult> {
    const refused: string[] = []
    const heldMs: number[] = []
    const flaws: string[] = []
    const kinds = new Map<string, number>()
    const random = new Random(this.#seed * recordsMax + (numbers[0] ?? 0))
    for (let i = 0; i < numbers.length; i += waveRecords) {
      const records = numbers.slice(i, i + waveRecords).map((number) => this.recordOf(number))
      for (const { kind } of records) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      refused.push(...(await this.#sender.send(records)))
      const orders = await placeMany(this.#own, random)
      heldMs.push(...orders.map((o) => o.heldMs ?? Number.POSITIVE_INFINITY))
      flaws.push(...orders.flatMap((order) => flawOf(order, this.#heldMsMax)))
      this.memory.look(this.#pids)
      onWave(records.length)
      if (flaws.length > 0) break
    }
    flaws.push(...this.#flawsOfProcesses())
    // Whatever holds orders up would be waited for.
    if (flaws.length === 0) flaws.push(...(await this.#flawsOfCheck()))
    return { records: numbers.length, refused, kinds, heldMs, flaws }
  }

  #flawsOfProcesses(): string[] {
    const now = pidsOf(this.#own)
    return [...this.#pids].flatMap(([name, pid]) => {
      const mb = this.memory.peakMb.get(name) ?? 0
      return [
        ...(now.get(name) === pid ? [] : [`${name} has ended, and was started again`]),
        ...(mb > memoryMbMax ? [`${name} took ${mb} MB of memory, more than ${memoryMbMax}`] : []),
      ]
    })
  }

  async #flawsOfCheck(): Promise<string[]> {
    const { invariants, notAtRest } = await checkShop(this.#own.target.access, restSeconds)
    return [
      ...notAtRest.map((what) => `not at rest: ${what}`),
      ...invariants
        .filter((i) => i.outcome === 'violated')
        .map(({ id, violationCount, violations }) => `${id} (${violationCount}): ${violations[0]?.text}`),
    ]
  }

  async close(): Promise<void> {
    await this.#sender.close()
  }
}

const pidsOf = ({ shop }: OwnShop): Map<string, number> => {
  const { record } = readRunRecord(shop.dataDir)
  return new Map(Object.entries(record?.services ?? {}).map(([name, { pid }]) => [name, pid]))
}

const placeMany = ({ shop }: OwnShop, random: Random): Promise<GoodOrder[]> =>
  Promise.all(Array.from({ length: waveOrders }, () => placeOne(shop.urls.order ?? '', random)))
