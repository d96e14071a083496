/** A copy of the repository in which commands may do as they like. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../..')

const left = new Set(['node_modules', '.git', '.data', '.turbo', 'dist', 'coverage'])
/** What commands write to in node_modules; all else there is only read, and is a link. */
const written = new Set(['@shop', '.package-lock.json', '.shop-installed', '.vite', '.vite-temp', '.vitest-cache', '.cache'])

const linkModules = (copy: string): void => {
  const from = join(root, 'node_modules')
  const to = join(copy, 'node_modules')
  mkdirSync(join(to, '@shop'), { recursive: true })
  for (const name of readdirSync(from)) if (!written.has(name)) symlinkSync(join(from, name), join(to, name))
  // to the copy's own packages
  for (const name of readdirSync(join(from, '@shop')))
    symlinkSync(readlinkSync(join(from, '@shop', name)), join(to, '@shop', name), 'dir')
  for (const name of ['.package-lock.json', '.shop-installed'])
    if (existsSync(join(from, name))) cpSync(join(from, name), join(to, name))
}

/** Sources are copied, installed packages and fetched jars are links. `remove` takes it away. */
export const copyRepository = (): { readonly folder: string; remove(): void } => {
  const folder = mkdtempSync(join(tmpdir(), 'shop-tutorial-'))
  const isCopied = (path: string): boolean =>
    !relative(root, path)
      .split('/')
      .some((part) => left.has(part))
  cpSync(root, folder, { recursive: true, filter: isCopied })
  linkModules(folder)
  const jars = join(root, '.data/jars')
  mkdirSync(join(folder, '.data'))
  if (existsSync(jars)) symlinkSync(jars, join(folder, '.data/jars'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
