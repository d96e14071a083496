import { type Command, type Given, helpOf, type Options, readCommand } from '@shop/command-line'

/** One of the laboratory's commands. */
export interface Experiment {
  readonly about: string
  /** @returns the exit code. @throws Misuse */
  run(args: readonly string[]): Promise<number>
}

export const experiment = <O extends Options>(of: Command<O>, act: (given: Given<O>) => Promise<number>): Experiment => ({
  about: of.about,
  run: async (args) => {
    const given = readCommand(of, args)
    if (given !== undefined) return await act(given)
    console.log(helpOf(of))
    return 0
  },
})
