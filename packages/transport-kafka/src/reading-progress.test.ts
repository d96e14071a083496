import { expect, it } from 'vitest'
import { sharesOf } from './reading-progress.ts'
import { client, newName } from './testing/broker.ts'
import { createTopics } from './topics.ts'

it('finds the extents of many topics that are asked for at once', async () => {
  const topics = Array.from({ length: 30 }, () => newName('topic'))
  await createTopics(
    client(),
    topics.map((topic) => ({ topic, partitions: 2 })),
  )
  const admin = client().admin()
  await admin.connect()
  try {
    const shares = await sharesOf(admin, { topics, until: 'end' })
    expect(shares).toHaveLength(60)
  } finally {
    await admin.disconnect()
  }
})
