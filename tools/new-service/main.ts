/** `npm run new-service`: makes a further service, and everything that follows from there being one. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Misuse, runCommand } from '@shop/command-line'
import { editedFiles, type Files, madeFiles, withPackage } from './files.ts'
import { type NewService, newServiceCommand, readRequest } from './request.ts'

const root = join(import.meta.dirname, '../..')
const commandMsMax = 60_000

const run = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: commandMsMax, stdio: ['ignore', 'pipe', 'pipe'] })

const write = (files: Files): void => {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

/**
 * What `npm install` would do for a package of the workspace whose dependencies are all there: the link to it, and its lines in npm's own
 * list of what it has installed, by which `npm start` sees that nothing is missing.
 */
const install = (service: NewService): void => {
  const modules = join(root, 'node_modules')
  const link = join(modules, '@shop', service.name)
  if (!existsSync(link)) symlinkSync(`../../services/${service.name}`, link, 'dir')
  const installed = join(modules, '.package-lock.json')
  if (existsSync(installed)) writeFileSync(installed, withPackage(readFileSync(installed, 'utf8'), service))
}

/** Writes what is generated from manifest and choreography. @returns the files that changed. */
const generate = (): string[] =>
  ['infra/generate/main.ts', 'packages/choreography/src/docs.ts'].flatMap((script) =>
    [...run(script).matchAll(/^wrote (\S+)$/gm)].map((m) => m[1] ?? ''),
  )

const make = (service: NewService): { readonly made: readonly string[]; readonly changed: readonly string[] } => {
  const made = madeFiles(root, service)
  for (const path of made.keys()) if (existsSync(join(root, path))) throw new Misuse(`${path} is there already`)
  const edited = editedFiles(root, service)
  write(made)
  write(edited)
  install(service)
  const sources = [...made.keys(), ...edited.keys()].filter((path) => path.endsWith('.ts'))
  run('node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...sources)
  return { made: [...made.keys()], changed: [...edited.keys(), ...generate()] }
}

const listed = (title: string, paths: readonly string[]): string =>
  [title, ...paths.toSorted().map((path) => `  ${path}`)].join('\n')

await runCommand(newServiceCommand, async (given) => {
  const service = readRequest(given)
  const { made, changed } = make(service)
  const { name, port } = service
  console.log(`${listed('made', made)}\n${listed('changed', changed)}`)
  console.log(`${name} is on port ${port}; what it decides is in services/${name}/src/${name}.ts`)
  return 0
})
