/** What is done to a group, one act after the other, and what has to come of each. */
import { idleIn, type Member } from './assignment.ts'
import { membersOf } from './broker-view.ts'
import type { Group } from './group.ts'
import { standstills } from './standstill.ts'
import { until } from './until.ts'

export const partitions = 4
const lateRecords = 150

/** What came of an act. */
export interface Outcome {
  readonly act: string
  readonly members: string
  /** From the act until the group was calm again. */
  readonly tookMs: number
  /** The longest time in which nothing of a partition was handled, by partition; empty where nothing was sent meanwhile. */
  readonly standstillMs: readonly number[]
  /** Records read that had been read before. */
  readonly again: number
  readonly remark: string
  /** What is otherwise than it must be; empty when all is well. */
  readonly deviations: readonly string[]
}

interface Finding {
  readonly remark?: string
  readonly deviations?: readonly string[]
}

export interface Act {
  readonly name: string
  /** Who is in the group afterwards. */
  readonly names: readonly string[]
  /** How many partitions there are afterwards; default as at the beginning. */
  readonly partitions?: number
  /** Payments go on meanwhile. */
  readonly flowing: boolean
  readonly change: (group: Group) => Promise<void> | void
  /** What else has to hold once the group is calm. */
  readonly look?: (group: Group, again: () => number) => Promise<Finding>
}

const five = ['a', 'b', 'c', 'd', 'e']
const someAgain = async (group: Group, again: () => number): Promise<Finding> => {
  await group.caughtUp()
  return { deviations: again() > 0 ? [] : ['nothing was read again, although nothing had been committed'] }
}

/** Members come and go while payments go on. */
export const membership: readonly Act[] = [
  { name: 'a begins', names: ['a'], flowing: true, change: (group) => group.join('a') },
  { name: 'b joins', names: ['a', 'b'], flowing: true, change: (group) => group.join('b') },
  {
    name: 'c, d and e join: one more than there are partitions',
    names: five,
    flowing: true,
    change: (group) => {
      for (const name of ['c', 'd', 'e']) group.join(name)
    },
    look: async (group) => {
      const idle = idleIn((await membersOf(group.asking)).members)
      return { remark: `${idle.join(', ')} idles`, deviations: idle.length === 1 ? [] : [`${idle.length} members idle, not one`] }
    },
  },
  { name: 'b leaves', names: ['a', 'c', 'd', 'e'], flowing: true, change: (group) => group.leave('b') },
  {
    name: 'c is paused (SIGSTOP) past its session',
    names: ['a', 'd', 'e'],
    flowing: true,
    change: (group) => group.pause('c'),
  },
  { name: 'c goes on (SIGCONT)', names: ['a', 'c', 'd', 'e'], flowing: true, change: (group) => group.resume('c') },
  { name: 'd is killed (SIGKILL)', names: ['a', 'c', 'e'], flowing: true, change: (group) => group.kill('d') },
  { name: 'd comes back', names: ['a', 'c', 'd', 'e'], flowing: true, change: (group) => group.join('d') },
  {
    name: 'all leave but a',
    names: ['a'],
    flowing: true,
    change: async (group) => {
      await Promise.all(['c', 'd', 'e'].map((name) => group.leave(name)))
    },
  },
  {
    name: 'late, which commits once a minute, takes over and is killed; a comes back',
    names: ['a'],
    flowing: true,
    change: async (group) => {
      await group.leave('a')
      const before = group.handled().length
      const recordsSince = () =>
        group
          .handled()
          .slice(before)
          .reduce((sum, { records }) => sum + records, 0)
      group.join('late', 60_000)
      await until(async () => (recordsSince() >= lateRecords ? undefined : `late has handled ${recordsSince()} records`))
      await group.kill('late')
      group.join('a')
    },
    look: someAgain,
  },
]

/** The group is moved while nobody is in it. Nothing else is sent meanwhile. */
const skipped = 100

export const moving: readonly Act[] = [
  {
    name: 'a leaves, and the group is moved to the beginning; a comes back',
    names: ['a'],
    flowing: false,
    change: async (group) => {
      await group.leave('a')
      await group.moveTo('beginning')
      group.join('a')
    },
    look: async (group, again) => {
      const all = group.stream.sent().length
      await until(async () => (again() >= all ? undefined : `${again()} of ${all} were read again`))
      return { remark: 'all that there is was read again, and nothing of it booked again' }
    },
  },
  {
    name: `a leaves, ${skipped} payments are sent, and the group is moved to the end; a comes back`,
    names: ['a'],
    flowing: false,
    change: async (group) => {
      await group.leave('a')
      group.mark()
      await group.stream.send(skipped)
      await group.moveTo('end')
      group.join('a')
    },
    look: async (group) => {
      const missing = group.stream.sent().length - (await group.counts()).handled
      const remark = `${missing} payments are booked by nobody`
      return { remark, deviations: missing === skipped ? [] : [`${missing} payments were skipped, not ${skipped}`] }
    },
  },
  {
    name: 'a leaves, and the group is moved to the time before those; a comes back',
    names: ['a'],
    flowing: false,
    change: async (group) => {
      await group.leave('a')
      await group.moveTo('mark')
      group.join('a')
    },
    look: async (group, again) => {
      const missing = group.stream.sent().length - (await group.counts()).handled
      const deviations = missing === 0 ? [] : [`${missing} payments are still booked by nobody`]
      return { remark: `they are booked after all, and ${again()} others were read again`, deviations }
    },
  },
]

const backlog = 100
const partitionsThen = 6

export const growing: readonly Act[] = [
  {
    name: `a leaves; ${backlog} payments, then ${partitionsThen} partitions instead of ${partitions}, then ${backlog} more; a and b join`,
    names: ['a', 'b'],
    partitions: partitionsThen,
    flowing: false,
    change: async (group) => {
      await group.leave('a')
      await group.stream.send(backlog)
      await group.growTo(partitionsThen)
      await group.stream.send(backlog)
      for (const name of ['a', 'b']) group.join(name)
    },
    look: async (group) => {
      const { moved, keys } = await group.keysThatMoved()
      const { outOfOrder } = await group.counts()
      const deviations = moved > 0 ? [] : ['no key went to another partition']
      const remark = `${moved} of ${keys} keys went to another partition; ${outOfOrder} payments were booked out of order`
      return { remark, deviations }
    },
  },
]

/** @throws when a member, or the broker, does not come to rest in time */
export const perform = async (act: Act, group: Group): Promise<Outcome> => {
  const [fromMs, againBefore] = [Date.now(), group.again()]
  await act.change(group)
  await group.calm(act.names, act.partitions)
  const tookMs = Date.now() - fromMs
  if (act.flowing) await group.flowing(Date.now())
  else if (act.names.length > 0) await group.drained()
  const againNow = () => group.again() - againBefore
  const standstillMs = act.flowing ? standstills(group.handled(), { partitions, fromMs, toMs: Date.now() }) : []
  const { remark = '', deviations = [] } = (await act.look?.(group, againNow)) ?? {}
  const { members } = await membersOf(group.asking)
  return { act: act.name, members: heldBy(members), tookMs, standstillMs, again: againNow(), remark, deviations }
}

/** Whatever happened to the members: each payment has its effect once, in the order of its account. */
export const onceAndInOrder = async (group: Group): Promise<Outcome> => {
  const beganAt = Date.now()
  await group.stream.stop()
  await group.drained()
  const { sent, handled, lost, doubled, outOfOrder } = await group.counts()
  const deviations = [
    ...(lost === 0 ? [] : [`${lost} payments are lost`]),
    ...(doubled === 0 ? [] : [`${doubled} payments are booked twice`]),
    ...(outOfOrder === 0 ? [] : [`${outOfOrder} payments are booked out of order`]),
  ]
  const remark = `${handled} of ${sent} booked, ${doubled} doubled, ${outOfOrder} out of order`
  const { members } = await membersOf(group.asking)
  const held = heldBy(members)
  return {
    act: 'all payments until then',
    members: held,
    tookMs: Date.now() - beganAt,
    standstillMs: [],
    again: 0,
    remark,
    deviations,
  }
}

const heldBy = (members: readonly Member[]): string =>
  members.map(({ name, partitions: of }) => `${name}: ${of.join(' ') || 'none'}`).join(', ')
