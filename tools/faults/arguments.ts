import {
  duration,
  flag,
  Misuse,
  type Option,
  oneOf,
  option,
  path,
  type Read,
  readArguments,
  text,
  wholeNumber,
} from '@shop/command-line'
import { type TargetName, targets } from '../running-shop/index.ts'
import { faults } from './every-fault.ts'
import { type Fault, Given, type Parameter } from './fault.ts'

export interface Request {
  /** 'heal', the fault to begin, or help, perhaps with one fault */
  readonly what: 'heal' | { readonly help: Fault | undefined } | { readonly fault: Fault; readonly given: Given }
  readonly json: boolean
  /** undefined: whichever runs */
  readonly target: TargetName | undefined
  readonly dataDir: string | undefined
}

/** A number alone is milliseconds. */
const time = duration({ msMax: 3_600_000, bare: 'ms' })

/** What every fault takes; what it makes of --for depends on the fault. */
export const commonOptions = {
  for: option('TIME', '500ms, 10s, 2m; at most 60m', time),
  target: option('NAME', 'embedded (npm start) or compose; default: whichever runs', oneOf(targets)),
  'data-dir': option('DIR', 'of the shop that npm start runs; default .data', path),
  json: flag('for machines: one line when it has begun, one when it has ended'),
}

/** How it is called. */
export const usageOf = ({ name, positionals, options }: Fault): string =>
  [
    name,
    ...positionals.map((p) => (p.fallback === undefined ? `<${p.name}>` : `[${p.name}]`)),
    ...options.map((o) => `[--${o.name} …]`),
  ].join(' ')

const readerOf = ({ oneOf: values, range, time: isTime }: Parameter): Read<string | number> => {
  if (values) return oneOf(values)
  if (isTime) return time
  if (!range) return text
  const whole = wholeNumber(...range)
  // a share may be written as people do
  return (given, name) => whole(given.replace(/%$/, ''), name)
}

/** @throws Misuse */
export const readRequest = (args: readonly string[]): Request => {
  const [name, ...rest] = args.filter((arg) => !arg.startsWith('-')).length === 0 ? ['help', ...args] : nameFirst(args)
  const fault = faults.find((f) => f.name === name)
  if (fault === undefined && name !== 'help' && name !== 'heal')
    oneOf([...faults.map((f) => f.name), 'heal'])(name ?? '', 'fault')
  const own: Record<string, Option<string | number | undefined>> = {}
  for (const parameter of fault?.options ?? []) own[parameter.name] = option('…', parameter.about, readerOf(parameter))
  const read = readArguments({ ...own, ...commonOptions }, rest)
  const { json = false, target, 'data-dir': dataDir, for: forMs } = read?.options ?? {}
  const shared = { json, target, dataDir }
  if (read === undefined || name === 'help') return { ...shared, what: { help: fault } }
  if (fault === undefined) return { ...shared, what: 'heal' }
  const values = Object.fromEntries(fault.options.map((o) => [o.name, read.options[o.name as keyof typeof read.options]]))
  return { ...shared, what: { fault, given: givenOf(fault, values, read.operands, forMs) } }
}

/** The name may stand behind options without a value: `--json kill payment`. */
const nameFirst = (args: readonly string[]): string[] => {
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  return [args[at] ?? '', ...args.slice(0, at), ...args.slice(at + 1)]
}

type OptionValues = Readonly<Record<string, string | number | boolean | undefined>>

const givenOf = (fault: Fault, values: OptionValues, operands: readonly string[], forMs: number | undefined): Given => {
  if (operands.length > fault.positionals.length)
    throw new Misuse(`'${operands[fault.positionals.length]}' is too much: ${usageOf(fault)}`)
  const found: Record<string, string | number> = {}
  const take = ({ name, fallback, oneOf, optional }: Parameter, value: string | number | undefined) => {
    const taken = value ?? fallback
    if (taken !== undefined) found[name] = taken
    else if (!optional) throw new Misuse(`${usageOf(fault)}: ${name} is missing${oneOf ? `, one of ${oneOf.join(', ')}` : ''}`)
  }
  fault.positionals.forEach((parameter, i) => {
    const given = operands[i]
    take(parameter, given === undefined ? undefined : readerOf(parameter)(given, parameter.name))
  })
  for (const parameter of fault.options) take(parameter, values[parameter.name] as string | number | undefined)
  if (forMs !== undefined && fault.forMs === 0 && !fault.mayLast)
    throw new Misuse(`${fault.name} is over at once: leave out --for`)
  return new Given(found, forMs ?? fault.forMs)
}
