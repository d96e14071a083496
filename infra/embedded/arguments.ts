import { command, flag, Misuse, oneOf, option, optionOr, path, readCommand } from '@shop/command-line'
import { type VariantName, variantNames } from '@shop/manifest/variants'
import { defaultDataDir } from '@shop/tools/running-shop'
import { type BrokerKind, brokerKinds } from './broker.ts'

export const startCommand = command({
  name: 'npm start',
  usage: 'npm start [-- options]',
  about: 'Starts PostgreSQL, Kafka or RabbitMQ, MongoDB, the services and the dashboard, and keeps them running until Ctrl-C.',
  options: {
    fresh: flag('begin anew: delete what former runs stored'),
    faults: flag(
      'makes every fault of npm run fault possible: proxies before Kafka and the databases, fault points in the services',
    ),
    broker: optionOr('BROKER', 'what the services talk through: kafka or rabbitmq', oneOf(brokerKinds), 'kafka'),
    'data-dir': option('DIR', 'where data and logs are kept; default .data', path),
    relay: optionOr(
      'KIND',
      "what takes payment's and inventory's events to Kafka: outbox, their own relays (default), or cdc, Kafka Connect with Debezium",
      oneOf(['outbox', 'cdc']),
      'outbox',
    ),
    'no-dashboard': flag('the services alone'),
    variant: option(
      'NAME',
      `finishes orders in another way: ${variantNames.join(', ')}; without the dashboard`,
      oneOf(variantNames),
    ),
  },
  notes: `Environment
  KAFKA_BROKERS, RABBITMQ_URL, POSTGRES_URL, MONGO_URL    use these servers instead of embedded ones
  POSTGRES_PORT (5433), KAFKA_PORT (9092), KAFKA_CONTROLLER_PORT (9093), MONGO_PORT (27017), CONNECT_PORT (8083)
  RABBITMQ_PORT (5673), and the two ports after it
  <SERVICE>_PORT, for example ORDER_PORT (3001)
  SHOP_DB_PASSWORD                          of the services' database roles; default 'shop'
  SHOP_FAULTS=true                          as --faults
  ADMIN_TOKEN                               of the services' admin routes; default a random one, in <data folder>/run.json
  DASHBOARD_ACTIONS (true)                  whether the dashboard may do what needs the token
  Everything else is passed to the services.`,
  examples: [
    ['npm start -- --fresh', 'an empty shop'],
    ['npm start -- --broker rabbitmq', 'on RabbitMQ: the one on this machine, or that of RABBITMQ_URL'],
    ['npm start -- --faults --data-dir /tmp/shop', 'another shop, with everything in place that faults need'],
    ['npm start -- --fresh --relay cdc', "an empty shop, in which Kafka Connect reads PostgreSQL's log"],
  ],
  exitCodes: '0 stopped in order, 1 it cannot start or did not stop in order, 2 the request makes no sense',
})

export interface Arguments {
  fresh: boolean
  faults: boolean
  dashboard: boolean
  relay: 'outbox' | 'cdc'
  dataDir: string
  /** Absent: the choreography. */
  variant?: VariantName
  broker: BrokerKind
}

/** @returns undefined when help is asked for. @throws Misuse */
export const readArguments = (args: readonly string[], env: NodeJS.ProcessEnv = process.env): Arguments | undefined => {
  const given = readCommand(startCommand, args)
  if (given === undefined) return undefined
  const {
    fresh,
    faults,
    broker,
    relay,
    'no-dashboard': noDashboard,
    'data-dir': dataDir = defaultDataDir,
    variant,
  } = given.options
  if (broker === 'rabbitmq' && relay === 'cdc')
    throw new Misuse('--relay cdc takes events to Kafka: it cannot be with --broker rabbitmq')
  const common = { fresh, faults: faults || env.SHOP_FAULTS === 'true', relay, dataDir, broker }
  if (variant === undefined) return { ...common, dashboard: !noDashboard }
  if (relay !== 'outbox') throw new Misuse(`--relay ${relay} is of the choreographed shop: start it without --variant`)
  if (broker !== 'kafka') throw new Misuse(`--broker ${broker} is of the choreographed shop: start it without --variant`)
  return { ...common, dashboard: false, variant }
}
