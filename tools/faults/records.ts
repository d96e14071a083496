import type { ConsumedRecord, Transport } from '@shop/messaging'

const readMsMax = 20_000

/** The oldest or latest records of a topic, about as many of each of its partitions. @throws Error after 20 s */
export const readRecords = async (
  transport: Transport,
  topic: string,
  which: 'oldest' | 'latest',
  count: number,
): Promise<readonly ConsumedRecord[]> => {
  const admin = transport.admin()
  const tooLate = AbortSignal.timeout(readMsMax)
  try {
    const filled = (await admin.stretches([topic])).filter(({ records }) => records > 0)
    const share = Math.ceil(count / Math.max(1, filled.length))
    const found: ConsumedRecord[] = []
    const reader = transport.read({
      topics: [topic],
      from: which === 'oldest' ? 'beginning' : { latest: share },
      until: 'end',
      recordsPerSequenceMax: share,
      onRecords: (records) => void found.push(...records),
      signal: tooLate,
    })
    await reader.ended
    if (tooLate.aborted) throw new Error(`${topic} was not read within ${readMsMax / 1_000} s`)
    return found.slice(0, count)
  } finally {
    await admin.close()
  }
}
