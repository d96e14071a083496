/** Aggregates are pure, and what tools take of a service does no I/O. */
import { fileOf, isTest, type Repository } from './repository.ts'
import { roomOf } from './rooms.ts'
import type { Source } from './source.ts'

/** By its first use of the outside; clock, chance, environment and log come in as values. */
const outside =
  /^(Date\.now|new Date|Math\.random|randomUUID|crypto\..+|process\..+|console\..+|performance\..+|setTimeout|setInterval|setImmediate|queueMicrotask|fetch)$/
const outsideOf = ({ uses }: Source): string | undefined => [...uses].find((use) => outside.test(use))

/** A file with a decider is an aggregate. */
const isAggregate = (source: Source): boolean =>
  roomOf(source.path).startsWith('services/') &&
  !isTest(source.path) &&
  source.imports.some(({ names }) => names.includes('Decider'))

export const aggregatesOf = ({ sources }: Repository): readonly Source[] => sources.filter(isAggregate)

/** What an aggregate may take; other files of its service, if they are as pure. */
const pureModules = /^(@shop\/choreography|zod)$/
/** What a file that does no I/O may take. `node:crypto`: to make ids of keys. */
const quietModules = /^(@shop\/(choreography|manifest|messaging)|zod|node:crypto)$/

const fault = (
  repository: Repository,
  source: Source,
  modules: RegExp,
  seen: ReadonlySet<string> = new Set(),
): string | undefined => {
  if (seen.has(source.path)) return undefined
  for (const given of source.imports) {
    if (given.isType) continue // erased before it runs
    if (modules.test(given.target)) continue
    const file = given.target.startsWith('.') ? fileOf(repository, source.path, given) : undefined
    const next = repository.sources.find(({ path }) => path === file)
    if (next === undefined) return `${source.path} imports ${given.target}`
    const deeper = fault(repository, next, modules, new Set([...seen, source.path]))
    if (deeper !== undefined) return deeper
  }
  const use = outsideOf(source)
  return use === undefined ? undefined : `${source.path} uses ${use}`
}

export const pureAggregates = (repository: Repository): string[] =>
  aggregatesOf(repository).flatMap((source) => {
    const found = fault(repository, source, pureModules)
    return found === undefined ? [] : [`${found}: an aggregate (${source.path}) is pure`]
  })

/** The choreography and the manifest are data; what generates documents of them is a program beside. */
export const dataThatDoesNothing = (repository: Repository): string[] =>
  repository.sources
    .filter(({ path }) => /^packages\/(choreography|manifest)\//.test(path) && !isTest(path))
    .filter(({ path }) => !isProgram(repository, path))
    .flatMap((source) => {
      const found = fault(repository, source, /^(zod|@shop\/manifest)$/)
      return found === undefined ? [] : [`${found}: the choreography and the manifest are data`]
    })

const isProgram = ({ workspaces }: Repository, path: string): boolean =>
  workspaces.some(({ scripts }) => Object.values(scripts).some((script) => script.split(/\s+/).includes(path)))

/** Of services, tools take what does no I/O; only the wiring of a service knows the outside. A variant is other wiring of the same parts. */
export const quietFilesForTools = (repository: Repository): string[] =>
  repository.sources
    .filter(({ path }) => path.startsWith('tools/'))
    .flatMap((source) =>
      source.imports.flatMap((given) => {
        const file = fileOf(repository, source.path, given)
        const taken = file?.startsWith('services/') ? repository.sources.find(({ path }) => path === file) : undefined
        const found = taken && fault(repository, taken, quietModules)
        return found === undefined
          ? []
          : [`${source.path} imports ${given.target}, but ${found}: of services, tools take pure files only`]
      }),
    )
