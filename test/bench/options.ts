import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const usage = `npm run bench -- [options]

Starts a fresh shop, loads it, follows each order to its end by its events, and checks every invariant afterwards. Load, services, broker
and databases share the machine.

  --phases LIST      of max, 5, 50, 90, sustain, overload; default max,5,50,90. 5 is a rate; 50 and 90 are percent of the maximum, sustain
                     is 80 % of it for a long time, overload twice the maximum. They need max before them, or --max
  --seconds N        of each phase; default 60 (5 orders/s: 30)
  --sustain N        seconds of the phase sustain; default 600
  --overload N       seconds of the phase overload; default as --seconds
  --in-flight N      orders on their way in the phase max; default 800, so that the shop refuses none
  --max RATE         takes this for the maximum instead of measuring it
  --warm-up N        seconds before the first phase; default 15, at most --seconds

  --fail PERCENT     of the orders that fail and are compensated: too poor, out of stock, address not served, by turns; default 0
  --customers N      1 to 100000, default 100; --hot-account: one for all orders
  --skus N           1 to 1000, default 100; --hot-sku: one for all orders
  --target NAME      embedded, or compose: docker compose up of a project of its own, on the ports of a shop; needs an engine on this Linux
                     machine; default embedded
  --replicas N       processes of each service, 1 to 5; default 1
  --past N           puts so many past orders into the databases first, up to 5000000; default 0

  --out FILE         saves the figures as JSON; --compare FILE prints this run's ratios to another one's; --json prints JSON
Exit code 1 when the check does not hold, or an order failed or did not end: the run does not count then, and is not saved.`

export const phaseNames = ['max', '5', '50', '90', 'sustain', 'overload'] as const
export type PhaseName = (typeof phaseNames)[number]
export const targets = ['embedded', 'compose'] as const
export type Target = (typeof targets)[number]

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

/** The request makes no sense; the message says why. */
export class Misuse extends Error {}

const text = { type: 'string' } as const
const flag = { type: 'boolean', default: false } as const
const known = {
  ...{ phases: text, seconds: text, sustain: text, overload: text, 'in-flight': text, max: text, 'warm-up': text, fail: text },
  ...{ customers: text, 'hot-account': flag, skus: text, 'hot-sku': flag, target: text, replicas: text, past: text },
  ...{ out: text, compare: text, json: flag, help: { ...flag, short: 'h' } },
} as const
type Values = ReturnType<typeof parseArgs<{ options: typeof known }>>['values']
type Numeric = { [Name in keyof typeof known]: (typeof known)[Name]['type'] extends 'string' ? Name : never }[keyof typeof known]

const parse = (args: readonly string[]): Values => {
  try {
    return parseArgs({ args: [...args], options: known }).values
  } catch (error) {
    throw new Misuse(`${(error as Error).message.split('. ')[0]}; --help tells the options`)
  }
}

const phasesOf = (list: string, max: string | undefined): PhaseName[] => {
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

const targetOf = (name = 'embedded'): Target => {
  const target = targets.find((t) => t === name)
  if (target === undefined) throw new Misuse(`--target: ${name} is none of ${targets.join(', ')}`)
  return target
}

/** @returns nothing when help is wanted. @throws Misuse */
export const readOptions = (args: readonly string[]): { settings: Settings; output: Output } | undefined => {
  const values = parse(args)
  if (values.help) return undefined
  const whole = (name: Numeric, byDefault: number, min: number, max: number): number => {
    const value = Number(values[name] ?? byDefault)
    if (!Number.isInteger(value) || value < min || value > max)
      throw new Misuse(`--${name}: expected a whole number, ${min} to ${max}`)
    return value
  }
  const seconds = whole('seconds', 60, 1, 3_600)
  const customers = whole('customers', 100, 1, 100_000)
  const skus = whole('skus', 100, 1, 1_000)
  const file = (name: string | undefined) => (name === undefined ? undefined : resolve(process.env.INIT_CWD ?? '.', name))
  return {
    settings: {
      target: targetOf(values.target),
      phases: phasesOf(values.phases ?? 'max,5,50,90', values.max),
      seconds,
      sustainSeconds: whole('sustain', 600, 1, 86_400),
      overloadSeconds: whole('overload', seconds, 1, 86_400),
      warmUpSeconds: whole('warm-up', Math.min(15, seconds), 0, 600),
      inFlight: whole('in-flight', 800, 1, 10_000),
      max: values.max === undefined ? undefined : whole('max', 0, 1, 100_000),
      failPercent: whole('fail', 0, 0, 100),
      customers: values['hot-account'] ? 1 : customers,
      skus: values['hot-sku'] ? 1 : skus,
      replicas: whole('replicas', 1, 1, 5),
      past: whole('past', 0, 0, 5_000_000),
    },
    output: { out: file(values.out), compare: file(values.compare), json: values.json ?? false },
  }
}
