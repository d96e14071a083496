/** What the broker says of a group. The port has no word for members, so kafkajs is asked. */
import type { TransportAdmin } from '@shop/messaging'
import { kafkaPosition } from '@shop/transport-kafka'
import { type Admin, AssignerProtocol } from 'kafkajs'
import type { Member } from './assignment.ts'

export interface PartitionView {
  readonly partition: number
  /** The offset that is read next; undefined while nothing is committed. */
  readonly committed: number | undefined
  readonly end: number
  readonly lag: number
}

export interface GroupView {
  /** `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty`, `Dead`. */
  readonly state: string
  readonly members: readonly Member[]
  readonly partitions: readonly PartitionView[]
}

export interface Asking {
  readonly raw: Admin
  readonly admin: TransportAdmin
  readonly groupId: string
  readonly topic: string
}

/** Names are the members' client ids. */
export const membersOf = async ({ raw, groupId, topic }: Asking): Promise<Pick<GroupView, 'state' | 'members'>> => {
  const [group] = (await raw.describeGroups([groupId])).groups
  const members = (group?.members ?? []).map(({ clientId, memberAssignment }): Member => {
    const assigned = memberAssignment.length === 0 ? null : AssignerProtocol.MemberAssignment.decode(memberAssignment)
    return { name: clientId, partitions: (assigned?.assignment[topic] ?? []).toSorted((a, b) => a - b) }
  })
  return { state: group?.state ?? 'Dead', members: members.toSorted((a, b) => a.name.localeCompare(b.name)) }
}

export const groupView = async (asking: Asking): Promise<GroupView> => {
  const { admin, groupId, topic } = asking
  const stretches = await admin.stretches([topic])
  const [group, places] = await Promise.all([membersOf(asking), admin.groupPlaces(groupId, [topic], stretches)])
  const partitions = places.map(({ position, fresh, lag }, index): PartitionView => {
    const { partition, offset } = kafkaPosition(position)
    const end = Number(kafkaPosition(stretches[index]?.end ?? position).offset)
    return { partition, committed: fresh ? undefined : Number(offset), end, lag }
  })
  return { ...group, partitions }
}
