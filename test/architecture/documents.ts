/** What the documents say is there is there: the map, the decisions, and files that are named in them. */
import { posix } from 'node:path'
import type { Repository } from './repository.ts'

const map = 'docs/ARCHITECTURE.md'
const named = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name ?? '')
const foldersOf = ({ paths }: Repository): Set<string> => {
  const found = new Set<string>()
  for (const path of paths) for (let at = posix.dirname(path); at !== '.'; at = posix.dirname(at)) found.add(at)
  return found
}

/** Each folder of the first two levels has a line on the map. */
export const foldersOnTheMap = (repository: Repository): string[] => {
  const lines = new Set(named(repository.texts.get(map) ?? ''))
  return [...foldersOf(repository)]
    .filter((folder) => /^(packages|services|tools|infra|test|variants|labs)\/[^/]+$/.test(folder))
    .filter((folder) => !lines.has(folder))
    .map((folder) => `${folder} is not on the map: say in ${map} what it is for`)
}

/** In `ticks` in a document: a path from the root, or the name of a source. */
export const documentedFilesThatAreThere = (repository: Repository): string[] => {
  const folders = foldersOf(repository)
  const names = new Set([...repository.paths].map((path) => posix.basename(path)))
  const isThere = (name: string) => repository.paths.has(name) || folders.has(name)
  return [...repository.texts]
    .filter(
      ([path]) =>
        path.endsWith('.md') &&
        !repository.workspaces.some(({ folder }) => folder !== '' && path.startsWith(`${folder}/node_modules`)),
    )
    .flatMap(([path, text]) =>
      named(text)
        .filter((name) => {
          if (/^(packages|services|tools|infra|test)\/[\w./-]+$/.test(name)) return !isThere(name.replace(/\/$/, ''))
          return /^[\w.-]+\.(ts|tsx|mjs|java)$/.test(name) && !names.has(name)
        })
        .map((name) => `${path} names ${name}, which is not there`),
    )
}

const decision = /^docs\/decisions\/(\d{4})-[a-z0-9-]+\.md$/

/** `# 0011 Title`, then the day and what became of it. */
export const decisionsInOneForm = ({ texts, paths }: Repository): string[] => {
  const index = texts.get('docs/decisions/README.md') ?? ''
  const numbers = [...paths].flatMap((path) => decision.exec(path)?.[1] ?? [])
  return [...texts].flatMap(([path, text]) => {
    const found: string[] = []
    const [, number] = decision.exec(path) ?? []
    if (number !== undefined) {
      const [, title] = /^# \d{4} (.+)\n\n\d{4}-\d\d-\d\d, (?:accepted|replaced by \d{4})\.\n/.exec(text) ?? []
      if (title === undefined || !text.startsWith(`# ${number} `))
        found.push(
          `${path} begins otherwise than "# ${number} Title", an empty line, and "2026-11-23, accepted." or "…, replaced by 0000."`,
        )
      else if (!index.includes(`- [${number}](${posix.basename(path)}) ${title}\n`))
        found.push(`${path} is not in docs/decisions/README.md: add the line "- [${number}](${posix.basename(path)}) ${title}"`)
      if (numbers.filter((each) => each === number).length > 1) found.push(`${path}: the number ${number} is taken twice`)
    } else if (path.startsWith('docs/decisions/') && path !== 'docs/decisions/README.md')
      found.push(`${path} is no decision: 0000-its-title.md`)
    if (path.endsWith('.md'))
      for (const [, short] of text.matchAll(/\b[Dd]ecisions? (\d+)\b/g))
        if (!numbers.includes(short ?? ''))
          found.push(`${path} speaks of decision ${short}: there is none; they are written like decision 0011`)
    return found
  })
}
