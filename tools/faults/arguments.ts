import { parseArgs } from 'node:util'
import { faults } from './catalogue.ts'
import { type Fault, Given, type Parameter } from './fault.ts'
import { seconds } from './output.ts'

/** The request makes no sense; the message says why and what is possible. */
export class Misuse extends Error {
  override readonly name = 'Misuse'
}

export const targets = ['embedded', 'compose', 'inside'] as const
export type TargetName = (typeof targets)[number]

export interface Request {
  /** 'heal', the fault to begin, or help, perhaps with one fault */
  readonly what: 'heal' | { readonly help: Fault | undefined } | { readonly fault: Fault; readonly given: Given }
  readonly json: boolean
  /** undefined: whichever runs */
  readonly target: TargetName | undefined
  readonly dataDir: string | undefined
}

const forMsMax = 3_600_000
const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

/** @throws Misuse */
export const readTime = (text: string, name: string): number => {
  const [, number, unit = 'ms'] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? []
  const ms = Number(number) * (units[unit] ?? 1)
  if (!(ms >= 1 && ms <= forMsMax))
    throw new Misuse(`${name} must be a time such as 500ms, 10s or 2m, at most 60m: not '${text}'`)
  return Math.round(ms)
}

const possible = (values: readonly string[]) => `one of ${values.join(', ')}`

/** @throws Misuse */
const readValue = ({ name, oneOf, range, time }: Parameter, text: string): string | number => {
  if (oneOf && !oneOf.includes(text)) throw new Misuse(`there is no ${name} '${text}': ${possible(oneOf)}`)
  if (time) return readTime(text, `--${name}`)
  if (!range) return text
  const number = Number(text.replace(/%$/, ''))
  const [min, max] = range
  if (text === '' || !Number.isInteger(number) || number < min || number > max)
    throw new Misuse(`${name} must be a whole number from ${min} to ${max}, not '${text}'`)
  return number
}

const common = {
  for: { type: 'string' },
  target: { type: 'string' },
  'data-dir': { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** How it is called. */
export const usageOf = ({ name, positionals, options }: Fault): string =>
  [
    name,
    ...positionals.map((p) => (p.fallback === undefined ? `<${p.name}>` : `[${p.name}]`)),
    ...options.map((o) => `[--${o.name} …]`),
  ].join(' ')

/** @throws Misuse */
export const readRequest = (args: readonly string[]): Request => {
  const [name, ...rest] = args.filter((arg) => !arg.startsWith('-')).length === 0 ? ['help', ...args] : nameFirst(args)
  const fault = faults.find((f) => f.name === name)
  if (fault === undefined && name !== 'help' && name !== 'heal')
    throw new Misuse(`there is no fault '${name}': ${possible([...faults.map((f) => f.name), 'heal'])}`)
  const { values, positionals } = parsed(rest, fault)
  const target = values.target as TargetName | undefined
  if (target !== undefined && !targets.includes(target)) throw new Misuse(`there is no target '${target}': embedded or compose`)
  const shared = { json: values.json === true, target, dataDir: values['data-dir'] as string | undefined }
  if (values.help === true || name === 'help') return { ...shared, what: { help: fault } }
  if (fault === undefined) return { ...shared, what: 'heal' }
  return { ...shared, what: { fault, given: givenOf(fault, values, positionals) } }
}

/** The name may stand behind options without a value: `--json kill payment`. */
const nameFirst = (args: readonly string[]): string[] => {
  const at = args.findIndex((arg) => !arg.startsWith('-'))
  return [args[at] ?? '', ...args.slice(0, at), ...args.slice(at + 1)]
}

type Values = Readonly<Record<string, string | boolean | undefined>>

const parsed = (args: readonly string[], fault: Fault | undefined): { values: Values; positionals: string[] } => {
  const own = Object.fromEntries((fault?.options ?? []).map((o) => [o.name, { type: 'string' as const }]))
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: { ...own, ...common }, allowPositionals: true })
    return { values: values as Values, positionals }
  } catch (error) {
    const [what] = (error as Error).message.split(/\. To specify|\. Did you/)
    throw new Misuse(`${what}${fault ? ` – ${usageOf(fault)}` : ''}; npm run fault -- --help tells all`)
  }
}

const givenOf = (fault: Fault, values: Values, positionals: readonly string[]): Given => {
  if (positionals.length > fault.positionals.length)
    throw new Misuse(`'${positionals[fault.positionals.length]}' is too much: ${usageOf(fault)}`)
  const found: Record<string, string | number> = {}
  const take = (parameter: Parameter, text: string | undefined) => {
    const { name, fallback, oneOf, optional } = parameter
    if (text !== undefined) found[name] = readValue(parameter, text)
    else if (fallback !== undefined) found[name] = fallback
    else if (!optional) throw new Misuse(`${usageOf(fault)}: ${name} is missing${oneOf ? `, ${possible(oneOf)}` : ''}`)
  }
  fault.positionals.forEach((parameter, i) => void take(parameter, positionals[i]))
  for (const option of fault.options) take(option, values[option.name] as string | undefined)
  return new Given(found, forMsOf(fault, values.for as string | undefined))
}

const forMsOf = (fault: Fault, text: string | undefined): number => {
  if (text === undefined) return fault.forMs
  if (fault.forMs === 0 && !fault.mayLast) throw new Misuse(`${fault.name} is over at once: leave out --for`)
  return readTime(text, '--for')
}

const groups = ['processes', 'network', 'messages', 'business', 'fault points'] as const

const calledBy = ({ name, positionals }: Fault): string =>
  [name, ...positionals.map((p) => (p.fallback === undefined ? `<${p.name}>` : `[${p.name}]`))].join(' ')

const lineOf = (fault: Fault, width: number): string => {
  const lasts = fault.forMs > 0 ? ` (${seconds(fault.forMs)})` : ''
  return `  ${calledBy(fault).padEnd(width)}  ${fault.about}${lasts}${fault.needs ? ' *' : ''}`
}

const valuesOf = (p: Parameter): string =>
  [p.about, p.oneOf?.join(', '), p.range && `${p.range[0]} to ${p.range[1]}`, p.fallback !== undefined && `default ${p.fallback}`]
    .filter(Boolean)
    .join(' · ')

/** One fault with its parameters. */
const helpOf = (fault: Fault): string =>
  [
    `npm run fault -- ${usageOf(fault)}     ${fault.about}`,
    '',
    ...fault.positionals.map((p) => `  ${p.name.padEnd(12)}  ${valuesOf(p)}`),
    ...fault.options.map((p) => `  ${`--${p.name}`.padEnd(12)}  ${valuesOf(p)}`),
    ...(fault.forMs > 0 || fault.mayLast
      ? [`  --for TIME    default ${fault.forMs > 0 ? seconds(fault.forMs) : 'over at once'}`]
      : []),
    ...(fault.needs ? ['', needed] : []),
  ].join('\n')

const needed = 'needs a shop that was started with: npm start -- --faults, or with infra/docker/compose.faults.yaml'

/** Each fault with one line, or one fault with its parameters. */
export const help = (fault?: Fault): string => {
  if (fault !== undefined) return helpOf(fault)
  const width = Math.max(...faults.map((f) => calledBy(f).length))
  const values = new Map(faults.flatMap((f) => f.positionals).map((p) => [p.name, p]))
  return [
    'npm run fault -- <fault> [options]     breaks the running shop, and mends it again by itself',
    ...groups.flatMap((g) => ['', g, ...faults.filter((f) => f.group === g).map((f) => lineOf(f, width))]),
    '',
    `  ${'heal'.padEnd(width)}  ends every fault that is on`,
    '',
    'In brackets: how long it lasts unless --for says otherwise. Ctrl-C ends it at once.',
    `* ${needed}`,
    '',
    ...[...values.values()].map((p) => `  ${p.name.padEnd(8)}  ${valuesOf(p)}`),
    '',
    '  --for TIME       500ms, 10s, 2m; at most 60m',
    '  --target NAME    embedded (npm start) or compose; default: whichever runs',
    '  --data-dir DIR   of the shop that npm start runs; default .data',
    '  --json           for machines: one line when it has begun, one when it has ended',
    '  --help           this text; behind a fault, its own options',
    '',
    'Exit code: 0 done, 1 the shop did not let it happen, 2 the request makes no sense.',
  ].join('\n')
}
