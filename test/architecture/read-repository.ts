import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Repository, repositoryOf } from './repository.ts'

const root = join(import.meta.dirname, '../..')
const isText = (path: string): boolean => !/\.(png|svg|ico|woff2?)$/.test(path)

/** What git knows of, and what is new and not ignored. */
export const readRepository = (): Repository => {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const paths = [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(root, path)))
  return repositoryOf(new Map(paths.map((path) => [path, isText(path) ? readFileSync(join(root, path), 'utf8') : ''])))
}
