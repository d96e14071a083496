import { durationText, helpText, optionRows, type Row } from '@shop/command-line'
import { commonOptions, usageOf } from './arguments.ts'
import { faults } from './every-fault.ts'
import type { Fault, Parameter } from './fault.ts'

const groups = ['processes', 'network', 'messages', 'business', 'fault points'] as const
const needed = 'needs a shop that was started with: npm start -- --faults, or with infra/docker/compose.faults.yaml'
const exitCodes = '0 done, 1 the shop did not let it happen, 2 the request makes no sense'

const calledBy = ({ name, positionals }: Fault): string =>
  [name, ...positionals.map((p) => (p.fallback === undefined ? `<${p.name}>` : `[${p.name}]`))].join(' ')

const rowOf = (fault: Fault): Row => {
  const lasts = fault.forMs > 0 ? ` (${durationText(fault.forMs)})` : ''
  return [calledBy(fault), `${fault.about}${lasts}${fault.needs ? ' *' : ''}`]
}

const valuesOf = (p: Parameter): string =>
  [p.about, p.oneOf?.join(', '), p.range && `${p.range[0]} to ${p.range[1]}`, p.fallback !== undefined && `default ${p.fallback}`]
    .filter(Boolean)
    .join(' · ')

/** One fault with its parameters. */
const helpOf = (fault: Fault): string => {
  const lasts = fault.forMs > 0 || fault.mayLast === true
  return helpText({
    usage: `npm run fault -- ${usageOf(fault)}     ${fault.about}`,
    about: '',
    sections: [
      { rows: fault.positionals.map((p): Row => [p.name, valuesOf(p)]) },
      {
        rows: [
          ...fault.options.map((p): Row => [`--${p.name}`, valuesOf(p)]),
          ...(lasts ? [['--for TIME', `default ${fault.forMs > 0 ? durationText(fault.forMs) : 'over at once'}`] as const] : []),
        ],
      },
    ],
    notes: fault.needs && needed,
    examples: [],
    exitCodes,
  })
}

/** Each fault with one line, or one fault with its parameters. */
export const help = (fault?: Fault): string => {
  if (fault !== undefined) return helpOf(fault)
  const parameters = new Map(faults.flatMap((f) => f.positionals).map((p) => [p.name, p]))
  return helpText({
    usage: 'npm run fault -- <fault> [options]',
    about: 'Breaks the running shop, and mends it again by itself.',
    sections: [
      ...groups.map((g) => ({ title: g, rows: faults.filter((f) => f.group === g).map(rowOf) })),
      { rows: [['heal', 'ends every fault that is on']] },
      { title: 'what they are told', rows: [...parameters.values()].map((p): Row => [p.name, valuesOf(p)]) },
      { title: 'options; behind a fault, --help tells its own', rows: optionRows(commonOptions) },
    ],
    notes: `In brackets: how long it lasts unless --for says otherwise. Ctrl-C ends it at once.\n* ${needed}`,
    examples: [
      ['npm run fault -- kill payment --for 8s', 'payment is down for eight seconds; the others go on'],
      ['npm run fault -- latency order kafka --ms 250', 'a slow way between order and the broker'],
      ['npm run fault -- heal --target compose', 'ends all that is on in docker compose'],
    ],
    exitCodes,
  })
}
