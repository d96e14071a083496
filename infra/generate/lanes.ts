/** The services' colours as the page's style sheets know them. Pure: from the manifest to CSS. */
import type { ParticipantEntry } from '@shop/manifest'

const rule = (selector: string, declarations: readonly string[]): string =>
  [`${selector} {`, ...declarations.map((d) => `  ${d};`), '}', ''].join('\n')

const colours = (services: readonly ParticipantEntry[], theme: 'light' | 'dark'): string[] => [
  ...services.map(({ name, lane }) => `--${name}: ${lane[theme].ink}`),
  ...services.map(({ name, lane }) => `--${name}-wash: ${lane[theme].wash}`),
]

/** The whole of lanes.css: a service's colours by its name, and as `--lane` of all that has its name as a class. */
export const lanesSheet = (services: readonly ParticipantEntry[]): string =>
  [
    '/* Generated from packages/manifest/src/services.ts by npm run generate; a test keeps it current. Do not edit. */\n',
    rule(':root', colours(services, 'light')),
    rule(':root[data-theme="dark"]', colours(services, 'dark')),
    ...services.map(({ name }) => rule(`.${name}`, [`--lane: var(--${name})`, `--lane-wash: var(--${name}-wash)`])),
  ].join('\n')
