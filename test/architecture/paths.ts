/** Paths in quotes: they exist, and none outside test/ leads into it. */
import { posix } from 'node:path'
import { isTest, type Repository } from './repository.ts'

/** Written as `./x.ts`, `../x.ts` or `folder/x.ts`: what is not there as such was there before something moved. */
export const namedFilesThatAreThere = (repository: Repository): string[] => {
  const { sources, paths } = repository
  const endings = new Set([...paths].flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(i).join('/'))))
  return sources
    .filter(({ path }) => !path.startsWith('test/architecture/'))
    .flatMap(({ path, strings }) =>
      strings
        .filter((text) => /^[\w.][\w./-]*\/[\w.-]+\.(ts|tsx|mjs)$/.test(text))
        // from the file's own folder, from the root, or from a folder that is only known at run time
        .filter((text) => !paths.has(posix.join(posix.dirname(path), text)) && !endings.has(text.replace(/^\.?\//, '')))
        .map((text) => `${path} names ${text}, which is not there`),
    )
}

const testCommands = /^(pre)?(test|bench|chaos|crash-matrix|odd-records|losses|simulate|explore|screenshots|architecture)(:|$)/
const intoTest = /(^|[\s'"=:/.])test\/[\w-]+/

/** Code, images, compose files and the scripts that are no tests start nothing of test/ and copy nothing of it. */
export const nothingOutsideStartsTests = ({ sources, texts, workspaces }: Repository): string[] => [
  ...sources
    .filter(({ path }) => !isTest(path) && !path.startsWith('.ci/'))
    .flatMap(({ path, strings }) =>
      strings
        .filter((text) => /^(\.{0,2}\/)*test\/[\w-]+/.test(text) || /\btest\/[\w/-]+\.(ts|mjs)\b/.test(text))
        .map((text) => `${path} names ${text}: nothing outside test/ starts or reads what is in it`),
    ),
  ...[...texts]
    .filter(([path]) => /Dockerfile$|\.ya?ml$|\.cfg$/.test(path))
    .flatMap(([path, text]) =>
      text
        .split('\n')
        .filter((line) => !/^\s*#/.test(line) && (intoTest.test(line) || /^COPY\s+(.*\s)?test(\s|$)/.test(line)))
        .map((line) => `${path}: "${line.trim()}": nothing of test/ ships or is started`),
    ),
  ...workspaces
    .filter(({ folder }) => folder !== 'test')
    .flatMap(({ folder, scripts }) =>
      Object.entries(scripts)
        .filter(([name, script]) => !testCommands.test(name) && intoTest.test(script))
        .map(
          ([name, script]) =>
            `${posix.join(folder, 'package.json')}: npm run ${name} starts "${script}": only test commands start what is in test/`,
        ),
    ),
]

/** Java names a file after its class; what others demand is left to them. */
const otherNames =
  /\.java$|(^|\/)(README\.md|LICENSE|SECURITY\.md|ARCHITECTURE\.md|CHANGELOG\.md|Dockerfile|[a-z-]+\.Dockerfile)$/

/** Words in small letters, dashes between them; a dot for what kind of file it is. */
export const kebabCaseNames = ({ paths }: Repository): string[] =>
  [...paths]
    .filter((path) => !otherNames.test(path))
    .filter((path) => !path.split('/').every((part) => /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(part)))
    .map((path) => `${path}: files and folders are named-like-this`)
