/** `npm run check`: reads all databases and topics of the shop and says which of its invariants hold. */
import { parseArgs } from 'node:util'
import { awaitRest } from './at-rest.ts'
import { judge, type Verdict } from './invariants.ts'
import { openMongo } from './mongo.ts'
import { OrderFiles } from './order-files.ts'
import { Progress } from './progress.ts'
import { readMongo, readPostgres, remedy } from './read-databases.ts'
import { readTopics } from './read-topics.ts'
import { reportJson, reportText } from './report.ts'
import { type DatabasesOf, databasesOfServices } from './services.ts'
import { readSettings, type Settings } from './settings.ts'
import { orUnreadable, Unreadable } from './unreadable.ts'

const help = `npm run check [-- OPTIONS]   checks the invariants of DESIGN.md, section 2, on a shop's real data

  --wait SECONDS  first waits until the shop is at rest: no order open, nothing reserved, outboxes empty, all events handled
  --no-topics     reads the databases only; the invariants about events are not checked
  --json          prints the result for machines
  --help          prints this

Reads KAFKA_BROKERS, POSTGRES_URL (an administrator's) and MONGO_URL from the environment, else from .data/run.json, which
npm start writes. Needs about 4 kB per order in the folder for temporary files (TMPDIR).
Exit status: 0 all hold, 1 something is violated, 2 something cannot be read.`

const tell = (line: string): void => console.error(`check: ${line}`)

const readArguments = () => {
  try {
    const { values } = parseArgs({
      options: {
        wait: { type: 'string' },
        json: { type: 'boolean', default: false },
        'no-topics': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const waitSeconds = Number(values.wait ?? 0)
    if (!(waitSeconds >= 0 && waitSeconds <= 86_400)) throw new Error('--wait needs a number of seconds')
    return { waitSeconds, json: values.json, topics: !values['no-topics'], help: values.help }
  } catch (error) {
    throw new Unreadable(`${(error as Error).message} – see --help`)
  }
}

const check = async (settings: Settings, services: DatabasesOf, topicsToo: boolean): Promise<Verdict[]> => {
  const progress = new Progress(tell)
  const mongo = await orUnreadable('MongoDB', remedy, () => openMongo(settings.mongoUrl))
  const files = new OrderFiles()
  const onInterrupt = () => {
    files.close()
    process.exit(130)
  }
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt)
  try {
    const add = files.add.bind(files)
    // Databases before topics: what a consumer has handled was on its topic before.
    const [fromPostgres] = await Promise.all([
      readPostgres(settings, services.postgres, add, progress),
      readMongo(mongo, services.mongo, add, progress),
    ])
    const topics = topicsToo ? await readTopics(settings, add, progress) : undefined
    return judge({ shop: { ...fromPostgres, topics }, orders: files.read() })
  } finally {
    files.close()
    await mongo.close()
  }
}

try {
  const { help: helpWanted, json, waitSeconds, topics } = readArguments()
  if (helpWanted) console.log(help)
  else {
    const settings = readSettings(process.env)
    const services = databasesOfServices()
    const notAtRest = waitSeconds > 0 ? await awaitRest(settings, services, { waitMsMax: waitSeconds * 1_000, topics, tell }) : []
    if (notAtRest.length > 0) tell(`not at rest after ${waitSeconds} s: ${notAtRest.join(', ')}`)
    const verdicts = await check(settings, services, topics)
    console.log(json ? reportJson(verdicts, notAtRest) : reportText(verdicts, notAtRest))
    process.exitCode = verdicts.some((v) => v.outcome === 'violated') ? 1 : 0
  }
} catch (error) {
  console.error(`check: ${error instanceof Unreadable ? error.message : ((error as Error).stack ?? error)}`)
  process.exit(2) // what else is being read ends with it
}
