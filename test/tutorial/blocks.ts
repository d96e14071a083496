/** The fenced blocks of a text, in order: what to run, what to write, what to see. Pure. */

export type Block =
  /** A file, whole. */
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** Commands of a shell, and what they print: `…` stands for anything. `fails`: they end with another exit code than 0. */
  | {
      readonly kind: 'commands'
      readonly text: string
      readonly output?: string
      readonly fails: boolean
      readonly stays: boolean
    }

const fence = /^```(.*)\n([\s\S]*?)^```$/gm

/** @throws Error when an output stands behind no command. */
export const blocksOf = (markdown: string): Block[] => {
  const blocks: Block[] = []
  for (const [, info = '', text = ''] of markdown.matchAll(fence)) {
    const [language, ...words] = info.split(' ')
    const rest = words.join(' ')
    const last = blocks.at(-1)
    if (language === 'ts') blocks.push({ kind: 'file', path: rest, text })
    else if (language === 'sh')
      blocks.push({ kind: 'commands', text, fails: rest === 'fails', stays: rest === 'in a second terminal' })
    else if (language === '' && last?.kind === 'commands' && last.output === undefined)
      blocks.splice(-1, 1, { ...last, output: text })
    else throw new Error(`a block that nothing can be done with: ${info || text.slice(0, 60)}`)
  }
  return blocks
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Whether what was printed is what is shown; space at the ends of lines does not count. */
export const isShown = (shown: string, printed: string): boolean => {
  const tidy = (text: string) => text.replaceAll(/[ \t]+$/gm, '').trim()
  return new RegExp(`^${tidy(shown).split('…').map(escaped).join('[\\s\\S]*')}$`).test(tidy(printed))
}
