/** What has a size that is limited, or is counted until none is left. */
import type { Repository } from './repository.ts'

const functionLinesMax = 70
const fileLinesMax = 300

/** What is measured and where → how much. */
export type Sizes = Readonly<Record<string, number>>

const kinds = {
  lines: `a source file has up to ${fileLinesMax} lines`,
  'lines of function': `a function has up to ${functionLinesMax} lines`,
  'function declarations': 'functions are constants: const name = (…) => …',
  'constants that shout': 'constants are written inCamelCase',
  'private members': 'private members are #private',
} as const
type Kind = keyof typeof kinds

const add = (found: Map<string, number>, kind: Kind, where: string, by: number, most = false): void => {
  const key = `${kind}: ${where}`
  found.set(key, most ? Math.max(found.get(key) ?? 0, by) : (found.get(key) ?? 0) + by)
}

/** Everything that breaks a limit now. Tests and suites may have long functions: a `describe` is one. */
export const sizesOf = ({ sources, texts }: Repository): Sizes => {
  const found = new Map<string, number>()
  for (const source of sources) {
    const { path, lines, functions, declaredFunctions, shoutedConstants, privateMembers } = source
    if (lines > fileLinesMax) add(found, 'lines', path, lines)
    for (const { name, lines } of functions)
      if (lines > functionLinesMax && !/\.test\.ts$|\/conformance\//.test(path) && !/^(describe|test|each)\(/.test(name))
        add(found, 'lines of function', `${path} ${name}`, lines, true)
    if (declaredFunctions.length > 0) add(found, 'function declarations', path, declaredFunctions.length)
    if (shoutedConstants.length > 0) add(found, 'constants that shout', path, shoutedConstants.length)
    if (privateMembers.length > 0) add(found, 'private members', path, privateMembers.length)
  }
  for (const [path, text] of texts) {
    const lines = text.split('\n').length - 1
    if (/\.(java|css)$/.test(path) && lines > fileLinesMax) add(found, 'lines', path, lines)
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** What an exception is one from. */
export const meaningOf = (key: string): string => kinds[key.split(': ')[0] as Kind]
