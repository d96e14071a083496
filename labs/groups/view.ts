/** PURE: a group as lines for the terminal. */
import type { GroupView, PartitionView } from './broker-view.ts'

const barWidth = 20
const recordsPerMark = 10

const bar = ({ lag }: PartitionView): string => '#'.repeat(Math.min(barWidth, Math.ceil(lag / recordsPerMark)))

/** @param act what is being done at the moment */
export const linesOf = (act: string, { state, members, partitions }: GroupView): string[] => {
  const ownerOf = (partition: number) => members.find((member) => member.partitions.includes(partition))?.name ?? 'nobody'
  const idle = members.filter((member) => member.partitions.length === 0).map(({ name }) => name)
  return [
    act,
    `${state}, members: ${members.map(({ name }) => name).join(' ') || 'none'}${idle.length > 0 ? `, idle: ${idle.join(' ')}` : ''}`,
    'partition  member    committed       end   lag',
    ...partitions.map((of) => {
      const { partition, committed, end, lag } = of
      const [number, owner] = [String(partition).padStart(9), ownerOf(partition).padEnd(8)]
      return `${number}  ${owner}${String(committed ?? '–').padStart(11)}${String(end).padStart(10)}${String(lag).padStart(6)}  ${bar(of)}`.trimEnd()
    }),
  ]
}
