import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import type { Options, Values } from './options.ts'
import { Misuse } from './refusals.ts'

/** What was written on a command line. */
export interface Given<O extends Options> {
  readonly options: Values<O>
  /** What stood there without a name, in order. */
  readonly operands: readonly string[]
}

export interface Reading {
  /** Whether anything may stand there without a name; default true. */
  readonly operands?: boolean
}

/**
 * Reads a command line. `--help` and `-h` are known everywhere.
 * @returns undefined when help is asked for
 * @throws Misuse for an option that there is not, a value that is missing or makes no sense, or an operand where there is none
 */
export const readArguments = <O extends Options>(
  options: O,
  args: readonly string[],
  { operands = true }: Reading = {},
): Given<O> | undefined => {
  const known: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' } }
  for (const [name, { value }] of Object.entries(options))
    known[name] = value === undefined ? { type: 'boolean' } : { type: 'string', multiple: true }
  const { values, positionals } = parsed(args, known, operands)
  if (values.help === true) return undefined
  const taken = Object.entries(options).map(([name, option]) => {
    const given = values[name] as boolean | string[] | undefined
    return [name, option.take(given === true ? [] : given || undefined, `--${name}`)] as const
  })
  return { options: Object.fromEntries(taken) as Values<O>, operands: positionals }
}

const parsed = (args: readonly string[], options: ParseArgsOptionsConfig, allowPositionals: boolean) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals })
  } catch (error) {
    // Node appends advice on '--' that is of no use here
    const [what] = (error as Error).message.split(/\. |\n/)
    throw new Misuse(`${what}; --help tells the options`)
  }
}
