import { type Help, helpText, optionRows, type Row } from './help.ts'
import type { Options } from './options.ts'
import { type Given, readArguments } from './read.ts'
import { Misuse, Refused } from './refusals.ts'

/** A command line as data: it is read by it, and the help is made of it. */
export interface Command<O extends Options> extends Omit<Help, 'sections'> {
  /** Stands before each line of its own on stderr. */
  readonly name: string
  /** What can stand there without a name; absent: nothing can. */
  readonly operands?: readonly Row[]
  readonly options: O
  /** When it fails for a reason that nobody foresaw; default 1. */
  readonly failureCode?: number
  /** It is done when nobody reads its output any more, as with `| head`; else it goes on without. */
  readonly endsWithReader?: true
}

/** Names a command, so that its options are known by their types. */
export const command = <const O extends Options>(c: Command<O>): Command<O> => c

export const helpOf = <O extends Options>({
  usage,
  about,
  operands = [],
  options,
  notes,
  examples,
  exitCodes,
}: Command<O>): string =>
  helpText({ usage, about, sections: [{ rows: operands }, { rows: optionRows(options) }], notes, examples, exitCodes })

/** @returns undefined when help is asked for. @throws Misuse */
export const readCommand = <O extends Options>(
  { options, operands }: Command<O>,
  args: readonly string[],
): Given<O> | undefined => readArguments(options, args, { operands: operands !== undefined })

/** What is printed of an error, and the code to end with. Errors with a name of their own are defects: they show where. */
const outcomeOf = (error: unknown, failureCode: number): { text: string; exitCode: number } => {
  if (error instanceof Misuse) return { text: error.message, exitCode: 2 }
  if (error instanceof Refused) return { text: error.message, exitCode: error.exitCode }
  if (!(error instanceof Error)) return { text: String(error), exitCode: failureCode }
  return { text: error.name === 'Error' ? error.message : (error.stack ?? error.message), exitCode: failureCode }
}

/** The frame of a command that reads its arguments itself: errors become a line on stderr and an exit code. */
export const runMain = async (
  { name, failureCode = 1, endsWithReader }: Pick<Command<Options>, 'name' | 'failureCode' | 'endsWithReader'>,
  main: (args: readonly string[]) => Promise<number>,
): Promise<void> => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', () => {
      if (endsWithReader) process.exit(0)
    })
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    const { text, exitCode } = outcomeOf(error, failureCode)
    console.error(`${name}: ${text}`)
    process.exit(exitCode) // what is still under way ends with it
  }
}

/**
 * Runs a command of this process: `--help` is printed on stdout with exit code 0; what makes no sense ends in one line on stderr and exit
 * code 2, what cannot be had in one line and its own code.
 * @param act what it does; returns the exit code
 */
export const runCommand = <O extends Options>(of: Command<O>, act: (given: Given<O>) => Promise<number>): Promise<void> =>
  runMain(of, async (args) => {
    const given = readCommand(of, args)
    if (given !== undefined) return await act(given)
    console.log(helpOf(of))
    return 0
  })
