/** The repository as the rules see it: its sources, its workspaces, and the other files that may name a source. */
import { posix } from 'node:path'
import { type Import, type Source, sourceOf } from './source.ts'

export interface Workspace {
  /** Empty for the repository itself. */
  readonly folder: string
  readonly name: string
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
  readonly scripts: Readonly<Record<string, string>>
  /** `.` or `./driver` → `src/driver.ts`. */
  readonly exports: Readonly<Record<string, string>>
  /** `#page/*` → `page/src/*`. */
  readonly imports: Readonly<Record<string, string>>
}

export interface Repository {
  readonly sources: readonly Source[]
  readonly workspaces: readonly Workspace[]
  /** Files that are no sources, such as Dockerfiles; path → text. */
  readonly texts: ReadonlyMap<string, string>
  /** Every file, from the root. */
  readonly paths: ReadonlySet<string>
}

const isSource = (path: string): boolean => /\.(ts|tsx|mjs)$/.test(path)

/** @param files path from the root → text; of a file that is no text, such as a picture, the empty one will do. */
export const repositoryOf = (files: ReadonlyMap<string, string>): Repository => ({
  sources: [...files].filter(([path]) => isSource(path)).map(([path, text]) => sourceOf(path, text)),
  workspaces: [...files]
    .filter(([path]) => posix.basename(path) === 'package.json')
    .map(([path, text]) => workspaceOf(path, text)),
  texts: new Map([...files].filter(([path]) => !isSource(path))),
  paths: new Set(files.keys()),
})

const workspaceOf = (path: string, text: string): Workspace => {
  const { name = '', scripts = {}, exports = {}, imports = {}, ...listed } = JSON.parse(text)
  const folder = posix.dirname(path)
  return {
    ...{ folder: folder === '.' ? '' : folder, name, scripts, exports, imports },
    dependencies: Object.keys(listed.dependencies ?? {}),
    devDependencies: Object.keys(listed.devDependencies ?? {}),
  }
}

/** The innermost one that holds the file. */
export const workspaceAt = ({ workspaces }: Repository, path: string): Workspace | undefined =>
  workspaces
    .filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`))
    .reduce<Workspace | undefined>(
      (best, each) => (best === undefined || each.folder.length > best.folder.length ? each : best),
      undefined,
    )

/** The file that an import leads to, from the root, whether it is there or not; `undefined` when it leads out of the repository. */
export const fileOf = (repository: Repository, from: string, { target }: Pick<Import, 'target'>): string | undefined => {
  if (target.startsWith('.')) return posix.join(posix.dirname(from), target)
  if (target.startsWith('#')) {
    const workspace = workspaceAt(repository, from)
    return workspace && within(workspace, workspace.imports, target)
  }
  const workspace = repository.workspaces.find(({ name }) => name !== '' && (target === name || target.startsWith(`${name}/`)))
  return workspace && within(workspace, workspace.exports, `.${target.slice(workspace.name.length)}`)
}

const within = ({ folder }: Workspace, map: Readonly<Record<string, string>>, key: string): string => {
  const exact = map[key]
  if (exact !== undefined) return posix.join(folder, exact)
  for (const [pattern, path] of Object.entries(map)) {
    const [before = '', after] = pattern.split('*')
    if (after !== undefined && key.startsWith(before)) return posix.join(folder, path.replace('*', key.slice(before.length)))
  }
  return posix.join(folder, key)
}

/** Sources that run only in tests: their own, and what these are written with. */
export const isTest = (path: string): boolean =>
  path.startsWith('test/') ||
  /\.test\.tsx?$|(^|\/)vite(st)?(\.[a-z]+)?\.config\.ts$|\/(testing|fixtures|conformance)\/|\/vitest-[a-z-]+\.ts$/.test(path)
