/** What a file imports of others is what its package.json lists. */
import { isBuiltin } from 'node:module'
import { isTest, type Repository, type Workspace, workspaceAt } from './repository.ts'
import type { Source } from './source.ts'

const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')

const externals = ({ imports }: Source) => imports.filter(({ target }) => !/^[.#/]/.test(target) && !isBuiltin(target))

/** Not in an image: the page is built before, and the start without Docker needs a checkout. */
const needsCheckout = (path: string): boolean =>
  isTest(path) || /^(services\/dashboard\/page|infra\/(?!init\/|proxies\/))/.test(path)

export const listedDependencies = (repository: Repository): string[] => {
  const root = repository.workspaces.find(({ folder }) => folder === '')?.devDependencies ?? []
  return repository.sources.flatMap((source) => {
    const workspace = workspaceAt(repository, source.path)
    if (workspace === undefined) return []
    const { folder, name, dependencies, devDependencies } = workspace
    const inDevelopment = [...dependencies, ...devDependencies, ...root, name]
    return externals(source).flatMap(({ target, isType }) => {
      const wanted = packageOf(target)
      if (dependencies.includes(wanted) || wanted === name) return []
      if (!inDevelopment.includes(wanted)) return [`${source.path} imports ${target}, which ${folder}/package.json does not list`]
      if (isType || needsCheckout(source.path)) return []
      return [`${source.path} imports ${target}, which is a dev dependency: those are for tests`]
    })
  })
}

export const usedDependencies = (repository: Repository): string[] =>
  repository.workspaces.flatMap((workspace) => {
    const used = new Set(
      sourcesOf(repository, workspace).flatMap((source) => externals(source).map(({ target }) => packageOf(target))),
    )
    return workspace.dependencies
      .filter((name) => !used.has(name))
      .map((name) => `${workspace.folder}/package.json lists ${name}, which no file there imports: take it out`)
  })

/** As a user installs it, without what only its tests need. */
export const testOnlyDependencies = (repository: Repository): string[] =>
  repository.workspaces
    .filter(({ folder }) => /^(packages|services|tools)/.test(folder))
    .flatMap((workspace) => {
      const used = sourcesOf(repository, workspace)
        .filter(({ path }) => !isTest(path))
        .flatMap((source) => externals(source).map(({ target }) => packageOf(target)))
      const inTests = sourcesOf(repository, workspace).flatMap((source) =>
        externals(source).map(({ target }) => packageOf(target)),
      )
      return workspace.dependencies
        .filter((name) => inTests.includes(name) && !used.includes(name))
        .map(
          (name) =>
            `${workspace.folder}/package.json lists ${name} as a dependency, but only tests import it: make it a dev dependency`,
        )
    })

const sourcesOf = (repository: Repository, workspace: Workspace): readonly Source[] =>
  repository.sources.filter(({ path }) => workspaceAt(repository, path) === workspace)
