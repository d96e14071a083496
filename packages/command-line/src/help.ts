import type { Options } from './options.ts'

/** What is written, and what it means. */
export type Row = readonly [what: string, about: string]

export interface Section {
  readonly title?: string
  readonly rows: readonly Row[]
}

/** What every command says behind --help. */
export interface Help {
  /** How it is called, such as `npm run watch -- <orderId> | --all [options]`. */
  readonly usage: string
  /** What it does; lines are broken by who writes it. */
  readonly about: string
  readonly sections: readonly Section[]
  /** What else is to be known. */
  readonly notes?: string | undefined
  readonly examples: readonly Row[]
  /** Such as: 0 done, 1 it was refused, 2 the request makes no sense. */
  readonly exitCodes: string
}

const widthOf = (rows: readonly Row[]): number => Math.max(0, ...rows.map(([what]) => what.length))

const lines = (rows: readonly Row[], width: number): string[] =>
  rows.map(([what, about]) => `  ${what.padEnd(width)}  ${about.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`.trimEnd())

/** The same order and the same look, whatever the command. */
export const helpText = ({ usage, about, sections, notes, examples, exitCodes }: Help): string => {
  const width = widthOf(sections.flatMap(({ rows }) => rows))
  const shown = sections.filter(({ rows }) => rows.length > 0)
  return [
    usage,
    ...(about === '' ? [] : ['', about]),
    ...shown.flatMap(({ title, rows }) => ['', ...(title === undefined ? [] : [title]), ...lines(rows, width)]),
    ...(notes === undefined ? [] : ['', notes]),
    ...(examples.length === 0 ? [] : ['', 'Examples', ...lines(examples, widthOf(examples))]),
    '',
    `Exit code: ${exitCodes}.`,
  ].join('\n')
}

/** The options as the help shows them, `--help` last. */
export const optionRows = (options: Options): Row[] => [
  ...Object.entries(options).map(
    ([name, { value, about }]): Row => [value === undefined ? `--${name}` : `--${name} ${value}`, about],
  ),
  ['--help', 'this text'],
]
