/** PURE: who had which partition when, as it was seen. */
import type { Moment, Stretch } from '@shop/report'
import type { GroupView } from './broker-view.ts'

interface Sight {
  readonly atMs: number
  readonly act: string
  /** By partition; undefined while it is nobody's. */
  readonly owners: readonly (string | undefined)[]
  readonly lags: readonly number[]
}

/** More than a run of several minutes has. */
const sightsMax = 10_000

export class Timeline {
  readonly #sights: Sight[] = []

  see(act: string, { members, partitions }: GroupView, atMs: number): void {
    if (this.#sights.length >= sightsMax) return
    const ownerOf = (partition: number) => members.find((member) => member.partitions.includes(partition))?.name
    const owners = partitions.map(({ partition }) => ownerOf(partition))
    this.#sights.push({ atMs, act, owners, lags: partitions.map(({ lag }) => lag) })
  }

  /** What was done, each at the second in which it was first seen. */
  moments(): readonly Moment[] {
    const begun = this.#sights.filter(({ act }, index) => act !== this.#sights[index - 1]?.act)
    return begun.map(({ act, atMs }) => ({ at: this.#second(atMs), label: act }))
  }

  stretches(): readonly Stretch[] {
    const partitions = Math.max(0, ...this.#sights.map(({ owners }) => owners.length))
    return Array.from({ length: partitions }, (_, partition) => this.#stretchesOf(partition)).flat()
  }

  /** The longest lag of each partition. */
  lagsMax(): readonly number[] {
    const lags: number[] = []
    for (const sight of this.#sights)
      for (const [partition, lag] of sight.lags.entries()) lags[partition] = Math.max(lags[partition] ?? 0, lag)
    return lags
  }

  #stretchesOf(partition: number): readonly Stretch[] {
    const seen = this.#sights.filter(({ owners }) => partition < owners.length)
    const starts = seen.filter(({ owners }, index) => index === 0 || owners[partition] !== seen[index - 1]?.owners[partition])
    const end = seen.at(-1)?.atMs ?? 0
    return starts.map(({ atMs, owners }, index) => {
      const owner = owners[partition]
      const to = this.#second(starts[index + 1]?.atMs ?? end)
      return { lane: `partition ${partition}`, from: this.#second(atMs), to, ...(owner === undefined ? {} : { owner }) }
    })
  }

  #second(atMs: number): number {
    return (atMs - (this.#sights[0]?.atMs ?? atMs)) / 1_000
  }
}
