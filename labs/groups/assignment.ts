/** PURE: who has which partition, and what has to hold of it. */
export interface Member {
  readonly name: string
  readonly partitions: readonly number[]
}

/** A sentence for everything that is otherwise than it must be when `names` are the members and all is calm. */
export const deviationsOf = (members: readonly Member[], names: readonly string[], partitions: number): string[] => {
  const found: string[] = []
  const there = members.map(({ name }) => name).toSorted()
  if (there.join() !== names.toSorted().join()) found.push(`members should be ${names.join(', ')}, and are ${there.join(', ')}`)
  for (let partition = 0; partition < partitions; partition++) {
    const owners = members.filter((member) => member.partitions.includes(partition))
    if (owners.length !== 1) found.push(`partition ${partition} has ${owners.length} owners`)
  }
  const shares = members.map((member) => member.partitions.length)
  if (shares.length > 0 && Math.max(...shares) - Math.min(...shares) > 1)
    found.push(`the shares differ by more than one: ${shares.join(', ')}`)
  return found
}

/** Members without a partition. */
export const idleIn = (members: readonly Member[]): string[] =>
  members.filter(({ partitions }) => partitions.length === 0).map(({ name }) => name)
