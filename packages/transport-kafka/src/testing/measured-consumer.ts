/**
 * A consumer in a process of its own, so that its memory can be measured: `node measured-consumer.ts <topic>` prints
 * `ready <bytes of memory>`, then a line of JSON for each record.
 */
import { randomUUID } from 'node:crypto'
import { consume } from '../consumer.ts'
import { client } from './broker.ts'

const [topic = ''] = process.argv.slice(2)
const nothing = () => {}

const subscription = consume({
  kafka: client(),
  groupId: `test.group.${randomUUID()}`,
  topics: [topic],
  log: { debug: nothing, info: nothing, warn: nothing, error: (_, message) => process.stderr.write(`${message}\n`) },
  onFatal: (error) => {
    throw error
  },
  handle: async (records) => {
    for (const { key, value, unreadable } of records)
      console.log(JSON.stringify({ key, bytes: value?.length, unreadable, peakBytes: process.resourceUsage().maxRSS * 1_024 }))
  },
})
console.log(`ready ${process.memoryUsage().rss}`)

process.on('SIGTERM', () => {
  void subscription.stop().then(() => process.exit(0))
})
