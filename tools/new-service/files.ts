/** The files of a further service, and what changes in those that there are. Reads the repository, writes nothing. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventNamed } from '@shop/choreography'
import { participants } from '@shop/manifest'
import { coloursApartFrom } from './colours.ts'
import { exampleOf } from './examples.ts'
import type { NewService } from './request.ts'

/** Text by path from the repository's root. */
export type Files = ReadonlyMap<string, string>

const templates = join(import.meta.dirname, 'templates')
const suffix = '.template'

const words = (name: string): string[] => name.split('-').map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)

/** What stands in a template as `{{word}}`. */
const wordsOf = ({ name, port, reactions }: NewService): Readonly<Record<string, string>> => {
  const type = words(name).join('')
  const told = (emits: readonly string[]) => emits.slice(0, 1)
  const decision = (emits: readonly string[]) =>
    told(emits)
      .map((emitted) => `{ type: '${emitted}', data: {} }`)
      .join()
  const example = (on: string) => JSON.stringify(exampleOf(eventNamed(on)?.schema ?? unknown(on)))
  return {
    name,
    port: String(port),
    Type: type,
    camel: `${type[0]?.toLowerCase()}${type.slice(1)}`,
    table: name.replaceAll('-', '_'),
    decisions: reactions
      .map(({ on, emits }) => `${on}: (state, { type }) => once(state, type, [${decision(emits)}]),`)
      .join('\n'),
    examples: reactions.map(({ on }) => `{ type: '${on}', id: '${on}', ...envelope, data: ${example(on)} },`).join('\n'),
    told: reactions.map(({ on, emits }) => `${on}: ${JSON.stringify(told(emits))},`).join('\n'),
  }
}

const unknown = (event: string): never => {
  throw new Error(`there is no event ${event}`)
}

const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => values[word] ?? unknown(`word {{${word}}}`))

const eventsFile = ({ name, emits }: NewService): string =>
  [
    "import { z } from 'zod'",
    "import { event } from '../define.ts'",
    '',
    ...emits.map((e) => `export const ${e} = event('${name}', '${e}', z.object({}))`),
    '',
  ].join('\n')

/** A service on the same kind of database: what it depends on, the new one does. */
const neighbourOf = ({ database }: NewService): string =>
  participants.find((s) => s.database === database)?.name ?? unknown(database)

/** The files that are new. */
export const madeFiles = (root: string, service: NewService): Files => {
  const { name, database, emits } = service
  const values = wordsOf(service)
  const files = new Map<string, string>()
  const manifest = readFileSync(join(root, 'services', neighbourOf(service), 'package.json'), 'utf8')
  files.set(`services/${name}/package.json`, manifest.replace(`@shop/${neighbourOf(service)}`, `@shop/${name}`))
  for (const folder of ['every', database])
    for (const path of globSync(`**/*${suffix}`, { cwd: join(templates, folder) }).toSorted()) {
      const made = path.slice(0, -suffix.length).replace('aggregate', name)
      files.set(`services/${name}/${made}`, fill(readFileSync(join(templates, folder, path), 'utf8'), values))
    }
  if (emits.length > 0) files.set(`packages/choreography/src/events/${name}.ts`, eventsFile(service))
  return files
}

/** Puts lines before the one place in a file where they belong. @throws Error when the place is not there. */
const insertBefore = (text: string, place: string, lines: string): string => {
  if (text.split(place).length !== 2) throw new Error(`expected once: ${JSON.stringify(place)}`)
  return text.replace(place, () => `${lines}${place}`)
}

const withParticipant = (text: string, { name, reactions, emits }: NewService): string => {
  const list = reactions.map(({ on, emits: told }) => `on(${[on, ...told].join(', ')}),`).join('\n')
  const topic = emits.length > 0 ? `topic: 'shop.${name}',\n` : ''
  const key = name.includes('-') ? `'${name}'` : name
  const participant = insertBefore(
    text,
    '})\n\n/** The go/no-go step',
    `${key}: {\n${topic}starts: {},\nreactions: [\n${list}\n],\n},\n`,
  )
  if (emits.length === 0) return participant
  return insertBefore(participant, '\nexport const choreography =', `import { ${emits.join(', ')} } from './events/${name}.ts'\n`)
}

const withEntry = (text: string, { name, port, database }: NewService): string => {
  const { light, dark } = coloursApartFrom(participants.map((s) => s.lane))
  const colours = ({ ink, wash }: { ink: string; wash: string }) => `{ ink: '${ink}', wash: '${wash}' }`
  const entry = `{
    name: '${name}',
    port: ${port},
    database: '${database}',
    lane: { light: ${colours(light)}, dark: ${colours(dark)} },
  },\n`
  return insertBefore(text, '] as const satisfies', entry)
}

interface Lock {
  packages: Record<string, object>
}

/** As npm writes it: packages by name, and a link to each of the workspace's. */
export const withPackage = (text: string, service: NewService): string => {
  const lock = JSON.parse(text) as Lock
  const { name } = service
  const neighbour = lock.packages[`services/${neighbourOf(service)}`]
  const { '': root, ...others } = lock.packages
  const added = {
    ...others,
    [`node_modules/@shop/${name}`]: { resolved: `services/${name}`, link: true },
    [`services/${name}`]: { ...neighbour, name: `@shop/${name}` },
  }
  const sorted = Object.entries(added).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  return `${JSON.stringify({ ...lock, packages: { ...(root && { '': root }), ...Object.fromEntries(sorted) } }, null, 2)}\n`
}

/** What the map says of it. */
const withLine = (text: string, { name, reactions, emits }: NewService): string => {
  const told = emits.length > 0 ? `, and may emit ${emits.join(', ')}` : ''
  const line = `| \`services/${name}\` | reacts to ${reactions.map((r) => r.on).join(', ')}${told} |\n`
  return insertBefore(text, '| `services/dashboard`', line)
}

const edits = {
  'docs/ARCHITECTURE.md': withLine,
  'packages/choreography/src/choreography.ts': withParticipant,
  'packages/manifest/src/services.ts': withEntry,
  'package-lock.json': withPackage,
}

/** The files that there are, as they will be. @throws Error naming a file that is not as expected. */
export const editedFiles = (root: string, service: NewService): Files =>
  new Map(
    Object.entries(edits).map(([path, edit]) => {
      try {
        return [path, edit(readFileSync(join(root, path), 'utf8'), service)]
      } catch (error) {
        throw new Error(`${path} is not as expected: ${(error as Error).message}`, { cause: error })
      }
    }),
  )
