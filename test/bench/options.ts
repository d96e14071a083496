import {
  command,
  flag,
  Misuse,
  oneOf,
  option,
  optionOr,
  path,
  readCommand,
  text,
  type Values,
  wholeNumber,
} from '@shop/command-line'

export const phaseNames = ['max', '5', '50', '90', 'sustain', 'overload'] as const
export type PhaseName = (typeof phaseNames)[number]
export const targets = ['embedded', 'compose'] as const
export type Target = (typeof targets)[number]
const brokers = ['kafka', 'rabbitmq'] as const

/** Which orders are placed. */
export interface Mix {
  /** Percent of the orders that fail, in turn because of too little money, of no stock, and of an address that is not served. */
  readonly failPercent: number
  readonly customers: number
  readonly skus: number
}

/** What a run's figures depend on; goes into its report. */
export interface Settings extends Mix {
  readonly target: Target
  readonly broker: (typeof brokers)[number]
  readonly phases: readonly PhaseName[]
  readonly seconds: number
  readonly sustainSeconds: number
  readonly overloadSeconds: number
  readonly warmUpSeconds: number
  readonly inFlight: number
  readonly max: number | undefined
  readonly replicas: number
  readonly past: number
}

export interface Output {
  readonly out: string | undefined
  readonly compare: string | undefined
  readonly json: boolean
}

const rateMax = 100_000

export const benchCommand = command({
  name: 'bench',
  usage: 'npm run bench [-- options]',
  about: `Starts a fresh shop, loads it, follows each order to its end by its events, and checks every invariant afterwards. Load, services, broker
and databases share the machine.`,
  options: {
    phases: optionOr(
      'LIST',
      `of max, 5, 50, 90, sustain, overload; default max,5,50,90. 5 is a rate; 50 and 90 are percent of the maximum, sustain
is 80 % of it for a long time, overload twice the maximum. They need max before them, or --max`,
      text,
      'max,5,50,90',
    ),
    seconds: optionOr('N', 'of each phase; default 60 (5 orders/s: 30)', wholeNumber(1, 3_600), 60),
    sustain: optionOr('N', 'seconds of the phase sustain; default 600', wholeNumber(1, 86_400), 600),
    overload: option('N', 'seconds of the phase overload; default as --seconds', wholeNumber(1, 86_400)),
    'in-flight': optionOr(
      'N',
      'orders on their way in the phase max; default 800, so that the shop refuses none',
      wholeNumber(1, 10_000),
      800,
    ),
    max: option('RATE', 'takes this for the maximum instead of measuring it', wholeNumber(1, rateMax)),
    'warm-up': option('N', 'seconds before the first phase; default 15, at most --seconds', wholeNumber(0, 600)),
    fail: optionOr(
      'PERCENT',
      'of the orders that fail and are compensated: too poor, out of stock, address not served, by turns; default 0',
      wholeNumber(0, 100),
      0,
    ),
    customers: optionOr('N', '1 to 100000, default 100', wholeNumber(1, 100_000), 100),
    'hot-account': flag('one customer for all orders'),
    skus: optionOr('N', '1 to 1000, default 100', wholeNumber(1, 1_000), 100),
    'hot-sku': flag('one SKU for all orders'),
    target: optionOr(
      'NAME',
      `embedded, or compose: docker compose up of a project of its own, on the ports of a shop; needs an engine on this Linux
machine; default embedded`,
      oneOf(targets),
      'embedded',
    ),
    broker: optionOr('NAME', 'kafka or rabbitmq; default kafka', oneOf(brokers), 'kafka'),
    replicas: optionOr('N', 'processes of each service, 1 to 5; default 1', wholeNumber(1, 5), 1),
    past: optionOr(
      'N',
      'puts so many past orders into the databases first, up to 5000000; default 0',
      wholeNumber(0, 5_000_000),
      0,
    ),
    out: option('FILE', 'saves the figures as JSON', path),
    compare: option('FILE', "prints this run's ratios to another one's", path),
    json: flag('prints JSON'),
  },
  examples: [
    ['npm run bench -- --seconds 20 --phases max', 'the highest rate, quickly'],
    ['npm run bench -- --broker rabbitmq --compare kafka.json', "RabbitMQ's figures, as ratios to those of a run on Kafka"],
    ['npm run bench -- --out before.json', 'and after a change: npm run bench -- --compare before.json'],
  ],
  exitCodes: `0 done; 1 the check does not hold, or an order failed or did not end: the run does not count then, and is not saved;
2 the request makes no sense`,
})

const phasesOf = (list: string, max: number | undefined): PhaseName[] => {
  const phases = list.split(',').map((name) => {
    const phase = phaseNames.find((p) => p === name)
    if (phase === undefined) throw new Misuse(`--phases: ${name} is none of ${phaseNames.join(', ')}`)
    return phase
  })
  const share = phases.findIndex((p) => p !== 'max' && p !== '5')
  if (max === undefined && share >= 0 && !phases.slice(0, share).includes('max'))
    throw new Misuse(`--phases: ${phases[share]} needs max before it, or --max`)
  return phases
}

const warmUpSecondsMax = 15

/** @returns nothing when help is wanted. @throws Misuse */
export const readOptions = (args: readonly string[]): { settings: Settings; output: Output } | undefined => {
  const given = readCommand(benchCommand, args)
  return given && optionsOf(given.options)
}

/** @throws Misuse */
export const optionsOf = (values: Values<typeof benchCommand.options>): { settings: Settings; output: Output } => {
  const { seconds, max, out, compare, json } = values
  if (values.broker !== 'kafka' && (values.target !== 'embedded' || values.past > 0))
    throw new Misuse('--broker rabbitmq is for the embedded shop without --past')
  return {
    settings: {
      target: values.target,
      broker: values.broker,
      phases: phasesOf(values.phases, max),
      seconds,
      sustainSeconds: values.sustain,
      overloadSeconds: values.overload ?? seconds,
      warmUpSeconds: values['warm-up'] ?? Math.min(warmUpSecondsMax, seconds),
      inFlight: values['in-flight'],
      max,
      failPercent: values.fail,
      customers: values['hot-account'] ? 1 : values.customers,
      skus: values['hot-sku'] ? 1 : values.skus,
      replicas: values.replicas,
      past: values.past,
    },
    output: { out, compare, json },
  }
}
