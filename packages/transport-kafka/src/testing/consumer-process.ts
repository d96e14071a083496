/** A consumer in a process of its own, to be killed: `node consumer-process.ts <groupId> <topic>` prints a line per handled record. */
import { consume } from '../consumer.ts'
import { client } from './broker.ts'

const [groupId = '', topic = ''] = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)
const nothing = () => {}

const subscription = consume({
  kafka: client(),
  groupId,
  topics: [topic],
  maxRecordsPerChunk: 10,
  log: {
    debug: nothing,
    info: (_, message) => say(message.includes('joined the group') ? 'joined' : message),
    warn: (_, message) => process.stderr.write(`${message}\n`),
    error: (_, message) => process.stderr.write(`${message}\n`),
  },
  onFatal: (error) => {
    throw error
  },
  handle: async (records) => {
    for (const { position } of records) say(`handled ${position}`)
  },
})

process.on('SIGTERM', () => {
  void subscription.stop().then(() => process.exit(0))
})
