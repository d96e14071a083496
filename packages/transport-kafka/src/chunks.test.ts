import type { ConsumedRecord, HandleRecords } from '@shop/messaging/driver'
import { describe, expect, it } from 'vitest'
import { gatherChunks } from './chunks.ts'
import { kafkaPosition, positionOf } from './position.ts'
import { Tenure } from './tenure.ts'
import { keptLog } from './testing/broker.ts'

const records = (partition: number, count: number): ConsumedRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    topic: 't',
    position: positionOf(partition, i),
    key: null,
    value: null,
    headers: {},
    timestampMs: 0,
  }))

const chunksOf = (handle: HandleRecords, maxRecordsPerChunk: number) =>
  gatherChunks({
    handle,
    maxRecordsPerChunk,
    log: keptLog(),
    assignmentIn: (tenure) => ({ abandoned: () => tenure.over, heartbeat: async () => {} }),
  })

const countPerPartition = (chunk: readonly ConsumedRecord[]) =>
  Object.fromEntries(
    [...Map.groupBy(chunk, (r) => kafkaPosition(r.position).partition)].map(([partition, of]) => [partition, of.length]),
  )

describe('gatherChunks', () => {
  it('gives each lane its share and the room that is left to those that have more', async () => {
    const seen: object[] = []
    const done: string[] = []
    const chunks = chunksOf(async (chunk) => void seen.push(countPerPartition(chunk)), 30)
    const tenure = new Tenure()
    const lanes = [records(0, 45), records(1, 12), records(2, 4)]
    await Promise.all(lanes.map((of, i) => chunks.handle({ tenure, records: of, done: (offset) => done.push(`${i}@${offset}`) })))
    expect(seen).toEqual([{ 0: 16, 1: 10, 2: 4 }, { 0: 28, 1: 2 }, { 0: 1 }])
    expect(done).toEqual(['0@15', '1@9', '2@3', '0@43', '1@11', '0@44'])
  })

  it('handles everything when a chunk has less room than there are lanes', async () => {
    const seen: string[] = []
    const chunks = chunksOf(async (chunk) => {
      expect(chunk.length).toBeLessThanOrEqual(2)
      seen.push(...chunk.map(({ position }) => position))
    }, 2)
    const tenure = new Tenure()
    await Promise.all([0, 1, 2, 3, 4].map((p) => chunks.handle({ tenure, records: records(p, 3), done: () => {} })))
    expect(new Set(seen).size).toBe(15)
    for (const p of [0, 1, 2, 3, 4]) expect(seen.filter((at) => at.startsWith(`${p}/`))).toEqual([`${p}/0`, `${p}/1`, `${p}/2`])
  })

  it('gives up what is left when the tenure ends, and counts what was handled by then', async () => {
    const tenure = new Tenure()
    const done: string[] = []
    const chunks = chunksOf(async () => tenure.end(), 10)
    await chunks.handle({ tenure, records: records(0, 30), done: (offset) => done.push(offset) })
    expect(done).toEqual(['9'])
    await chunks.handle({ tenure, records: records(0, 5), done: (offset) => done.push(offset) })
    expect(done).toEqual(['9'])
  })

  it('ends the pause after a failure at once when the tenure ends', async () => {
    const tenure = new Tenure()
    let calls = 0
    const chunks = chunksOf(async () => {
      if (++calls === 3) setImmediate(() => tenure.end())
      throw new Error('no')
    }, 10)
    const startedAt = Date.now()
    const done: string[] = []
    await chunks.handle({ tenure, records: records(0, 1), done: (offset) => done.push(offset) })
    expect(done).toEqual([])
    expect(calls).toBe(3)
    expect(Date.now() - startedAt).toBeLessThan(600) // two pauses of 100 and 200 ms, and hardly anything of the third
  })
})
