/** No import cycles, no dead files, no exports that nobody imports. */
import { posix } from 'node:path'
import { fileOf, isTest, type Repository } from './repository.ts'
import type { Source } from './source.ts'

type Graph = ReadonlyMap<string, readonly string[]>

const graphOf = (repository: Repository): Graph => {
  const known = new Set(repository.sources.map(({ path }) => path))
  const next = (source: Source) =>
    source.imports.map((given) => fileOf(repository, source.path, given)).filter((file) => file !== undefined && known.has(file))
  return new Map(repository.sources.map((source) => [source.path, [...new Set(next(source) as string[])]]))
}

/** Imports of types count: a file that cannot be understood without the other one cannot be read without it. */
export const cycles = (repository: Repository): string[] => {
  const graph = graphOf(repository)
  return circlesOf(graph).map(
    (files) => `${files.sort().join(', ')} import each other in a circle: move what both need to a file of its own`,
  )
}

/** The largest groups of files each of which leads to each other (Tarjan). */
const circlesOf = (graph: Graph): string[][] => {
  const found: string[][] = []
  const numbers = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const walk = (path: string): number => {
    const number = numbers.size
    numbers.set(path, number)
    lowest.set(path, number)
    open.push(path)
    for (const next of graph.get(path) ?? []) {
      const reaches = numbers.has(next) ? (open.includes(next) ? numbers.get(next) : undefined) : walk(next)
      lowest.set(path, Math.min(lowest.get(path) ?? number, reaches ?? number))
    }
    const low = lowest.get(path) ?? number
    if (low === number) {
      const group = open.splice(open.indexOf(path))
      if (group.length > 1) found.push(group)
    }
    return low
  }
  for (const path of graph.keys()) if (!numbers.has(path)) walk(path)
  return found
}

/** Names of sources in the quoted texts of others: from that file's folder, from the root, or from the workspace. */
export const namedSources = (repository: Repository, { path, strings }: Source): string[] =>
  strings.flatMap((text) => {
    if (!/\.(ts|tsx|mjs)$/.test(text) || /[\s*{]/.test(text)) return []
    const candidates = [posix.join(posix.dirname(path), text), posix.normalize(text)]
    return candidates.find((candidate) => repository.paths.has(candidate)) ?? []
  })

/** What is started rather than imported: by npm, by an image, by vitest, by another process. */
const entries = (repository: Repository): Set<string> => {
  const found = new Set<string>()
  const add = (path: string): void => void (repository.paths.has(path) && found.add(path))
  for (const { folder, scripts, exports } of repository.workspaces) {
    for (const script of Object.values(scripts)) for (const word of script.split(/\s+/)) add(posix.join(folder, word))
    for (const path of Object.values(exports)) add(posix.join(folder, path))
  }
  for (const [path, text] of repository.texts)
    for (const [word] of text.matchAll(/[\w./-]+\.(ts|tsx|mjs)\b/g))
      for (const from of ['', posix.dirname(path)]) add(posix.join(from, word.replace(/^\/app\//, '')))
  for (const source of repository.sources) {
    if (/\.test\.tsx?$|(^|\/)vite(st)?(\.[a-z]+)?\.config\.ts$/.test(source.path)) found.add(source.path)
    if (/^(services\/[^/]+|variants\/[^/]+\/[^/]+)\/src\/(main|init)\.ts$/.test(source.path)) found.add(source.path)
  }
  return found
}

export const deadFiles = (repository: Repository): string[] => {
  const graph = graphOf(repository)
  const sources = new Map(repository.sources.map((source) => [source.path, source]))
  const alive = entries(repository)
  for (const path of alive) {
    const source = sources.get(path)
    for (const next of [...(graph.get(path) ?? []), ...(source ? namedSources(repository, source) : [])]) alive.add(next)
  }
  return repository.sources
    .filter(({ path }) => !alive.has(path))
    .map(({ path }) => `${path} is neither imported nor started by anything: delete it`)
}

/** `file name` of each export that another file takes. */
const taken = (repository: Repository): Set<string> => {
  const sources = new Map(repository.sources.map((source) => [source.path, source]))
  const found = new Set<string>()
  const take = (path: string, name: string): void => {
    const key = `${path} ${name}`
    if (found.has(key)) return
    found.add(key)
    for (const given of sources.get(path)?.imports ?? []) {
      const next = given.passesAllOn ? fileOf(repository, path, given) : undefined
      if (next !== undefined) take(next, name)
    }
  }
  for (const source of repository.sources)
    for (const given of source.imports) {
      const file = fileOf(repository, source.path, given)
      if (file !== undefined && !given.passesAllOn) for (const name of given.names) take(file, name)
    }
  return found
}

/** Values only: a type is often there to be read. */
export const deadExports = (repository: Repository): string[] => {
  const found = taken(repository)
  return repository.sources
    .filter(({ path }) => !isTest(path) && !/\.config\.ts$|\/(main|init)\.ts$/.test(path))
    .flatMap(({ path, exports }) =>
      exports
        .filter((name) => !found.has(`${path} ${name}`) && !found.has(`${path} *`))
        .map((name) => `${path} exports ${name}, which no other file imports: take the export back, or delete it`),
    )
}
