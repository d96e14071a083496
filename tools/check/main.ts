/** `npm run check`: reads all databases and topics of the shop and says which of its invariants hold. */
import { command, duration, flag, option, optionOr, path, runCommand } from '@shop/command-line'
import { awaitRest } from './at-rest.ts'
import { judge, type Verdict } from './invariants.ts'
import { openMongo } from './mongo.ts'
import { OrderFiles } from './order-files.ts'
import { Progress } from './progress.ts'
import { readMongo, readPostgres, remedy } from './read-databases.ts'
import { readSagas } from './read-sagas.ts'
import { readTopics } from './read-topics.ts'
import { readTwoPhase } from './read-two-phase.ts'
import { reportJson, reportText } from './report.ts'
import { type DatabasesOf, databasesOfServices } from './services.ts'
import { readSettings, type Settings } from './settings.ts'
import { orUnreadable } from './unreadable.ts'

const checkCommand = command({
  name: 'check',
  usage: 'npm run check [-- options]',
  about: `Reads all databases and every record of the topics of a running shop, and says for each of its invariants whether it holds: every
order ends once, money and stock are kept, no event is lost, made up or handled twice, each compensation happens once.`,
  options: {
    wait: optionOr(
      'SECONDS',
      'first waits until the shop is at rest: no order open, nothing reserved, outboxes empty, all events handled',
      duration({ bare: 's', msMin: 0, msMax: 86_400_000 }),
      0,
    ),
    'no-topics': flag('reads the databases only; the invariants about events are not checked'),
    'data-dir': option('DIR', 'of the shop that npm start runs; default .data', path),
    json: flag('prints the result for machines'),
  },
  notes: `Reads KAFKA_BROKERS, POSTGRES_URL (an administrator's) and MONGO_URL from the environment, else from .data/run.json, which
npm start writes. Needs about 4 kB per order in the folder for temporary files (TMPDIR).`,
  examples: [
    ['npm run check -- --wait 30', 'gives orders that are on their way half a minute to end'],
    ['docker compose run --rm check node tools/check/main.ts', 'the shop of docker compose'],
  ],
  exitCodes: '0 all hold, 1 something is violated, 2 the request makes no sense, or something cannot be read',
  failureCode: 2,
})

const tell = (line: string): void => console.error(`check: ${line}`)

/** Those on PostgreSQL that have inbox and outbox, as in the shop. */
const withMessages = ({ variant }: Settings, { postgres }: DatabasesOf): readonly string[] =>
  variant === 'two-phase' ? ['payment', 'inventory'] : postgres

const check = async (settings: Settings, services: DatabasesOf, topicsToo: boolean): Promise<Verdict[]> => {
  const progress = new Progress(tell)
  const isMongoUsed = services.mongo.length > 0
  const mongo = isMongoUsed ? await orUnreadable('MongoDB', remedy, () => openMongo(settings.mongoUrl)) : undefined
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
      readPostgres(settings, withMessages(settings, services), add, progress),
      mongo && readMongo(mongo, services.mongo, add, progress),
      settings.variant === 'two-phase' && readTwoPhase(settings, services.postgres, add, progress),
      settings.variant === 'orchestrated' && readSagas(settings, add, progress),
    ])
    // what is on a variant's topics says nothing of the choreography's events
    const topics = topicsToo && settings.variant === undefined ? await readTopics(settings, add, progress) : undefined
    return judge({ shop: { ...fromPostgres, topics, variant: settings.variant }, orders: files.read() })
  } finally {
    files.close()
    await mongo?.close()
  }
}

await runCommand(checkCommand, async ({ options: { wait: waitMsMax, json, 'no-topics': noTopics, 'data-dir': dataDir } }) => {
  const settings = readSettings({ dataDir })
  const services = databasesOfServices(settings.variant)
  const topics = services.subscriptions.size > 0 && !noTopics
  const notAtRest = waitMsMax > 0 ? await awaitRest(settings, services, { waitMsMax, topics, tell }) : []
  if (notAtRest.length > 0) tell(`not at rest after ${waitMsMax / 1_000} s: ${notAtRest.join(', ')}`)
  const verdicts = await check(settings, services, topics)
  console.log(json ? reportJson(verdicts, notAtRest) : reportText(verdicts, notAtRest))
  return verdicts.some((v) => v.outcome === 'violated') ? 1 : 0
})
