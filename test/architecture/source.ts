/** What the rules look at in a file of TypeScript or JavaScript. Parsed with Vite's parser: TypeScript 7 offers none to programs. */
import { type ESTree, parseSync } from 'vite'

export interface Import {
  /** As written, such as `../http.ts` or `@shop/messaging`. */
  readonly target: string
  /** What is taken: names, `default`, or `*` for all. Empty when the file is only run. */
  readonly names: readonly string[]
  /** Erased before the file runs. */
  readonly isType: boolean
  /** `export * from`. */
  readonly passesAllOn: boolean
}

export interface Func {
  /** Of what it is assigned to, or the call that it is handed to, such as `test(…)`. */
  readonly name: string
  readonly lines: number
}

export interface Source {
  /** From the repository's root, such as `services/payment/src/http.ts`. */
  readonly path: string
  readonly text: string
  readonly lines: number
  readonly imports: readonly Import[]
  /** Names of the values that it exports, `default` among them; types are left out. */
  readonly exports: readonly string[]
  readonly functions: readonly Func[]
  /** Names of functions that are declared with `function`; generators, assertions and those with a `this` have no other way, and are left out. */
  readonly declaredFunctions: readonly string[]
  /** Names of constants written LIKE_THIS. */
  readonly shoutedConstants: readonly string[]
  /** Names of members that are `private` by TypeScript alone; a constructor cannot be otherwise. */
  readonly privateMembers: readonly string[]
  /** Each text in quotes; of `join(root, 'a', 'b.ts')` also `a/b.ts`. */
  readonly strings: readonly string[]
  /** What it calls or reads by name and dot, such as `Date.now`, `fetch`, `process.env`. */
  readonly uses: ReadonlySet<string>
}

// biome-ignore lint/suspicious/noExplicitAny: the tree is walked whatever its nodes are
type Node = any

const shouted = /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$|^[A-Z]{2,}[A-Z0-9]*$/

/** @throws when the text cannot be parsed. */
export const sourceOf = (path: string, text: string): Source => {
  const { program, module, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`)
  const found = { functions: [] as Func[], declared: [] as string[], shouted: [] as string[], private: [] as string[] }
  const strings: string[] = []
  const uses = new Set<string>()
  const dynamic: Import[] = []
  const lineAt = lineFinder(text)
  visit(program, [], (node, parents) => {
    const parent = parents.at(-1)
    if (/^(Arrow)?Function(Expression|Declaration)$/.test(node.type))
      found.functions.push({ name: nameOf(node, parents), lines: lineAt(node.end) - lineAt(node.start) + 1 })
    if (node.type === 'FunctionDeclaration' && !isSpecial(node)) found.declared.push(nameOf(node, parents))
    if (node.type === 'VariableDeclarator' && shouted.test(node.id?.name ?? '')) found.shouted.push(node.id.name)
    if (node.accessibility === 'private' && node.kind !== 'constructor') found.private.push(nameOf(node, parents))
    if (node.type === 'Literal' && typeof node.value === 'string' && parent?.type !== 'ImportDeclaration')
      strings.push(node.value)
    if (node.type === 'TemplateElement') strings.push(node.value.raw)
    if (node.type === 'CallExpression') strings.push(...joined(node))
    if (node.type === 'ImportExpression' && node.source.type === 'Literal')
      dynamic.push({ target: node.source.value, names: ['*'], isType: false, passesAllOn: false })
    if (node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.arguments.length === 0)
      uses.add(`new ${node.callee.name}`)
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier') uses.add(node.callee.name)
    if (node.type === 'MemberExpression' && node.object.type === 'Identifier' && !node.computed)
      uses.add(`${node.object.name}.${node.property.name}`)
  })
  return {
    path,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: [...staticImports(module), ...dynamic],
    exports: exportedValues(module),
    functions: found.functions,
    declaredFunctions: found.declared,
    shoutedConstants: found.shouted,
    privateMembers: found.private,
    strings,
    uses,
  }
}

type Module = ReturnType<typeof parseSync>['module']

const exportedValues = ({ staticExports }: Module): string[] =>
  staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ isType, exportName }) =>
      isType ? [] : (exportName.name ?? (exportName.kind === 'Default' ? 'default' : [])),
    ),
  )

const staticImports = ({ staticImports, staticExports }: Module): Import[] => [
  ...staticImports.map(({ moduleRequest, entries }) => ({
    target: moduleRequest.value,
    names: entries.map(({ importName }) =>
      importName.kind === 'Name' ? (importName.name ?? '') : importName.kind === 'Default' ? 'default' : '*',
    ),
    isType: entries.length > 0 && entries.every(({ isType }) => isType),
    passesAllOn: false,
  })),
  ...staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, importName, exportName, isType }) =>
      moduleRequest === null
        ? []
        : {
            target: moduleRequest.value,
            names: [importName.kind === 'Name' ? (importName.name ?? '') : '*'],
            isType,
            passesAllOn: importName.kind !== 'Name' && exportName.kind === 'None',
          },
    ),
  ),
]

/** @param parents those of the node, outermost first; the same array in all calls. */
const visit = (node: Node, parents: Node[], see: (node: Node, parents: readonly Node[]) => void): void => {
  const isNode = typeof node.type === 'string'
  if (isNode) {
    see(node, parents)
    parents.push(node)
  }
  for (const key in node) {
    const value = node[key]
    if (value !== null && typeof value === 'object') visit(value, parents, see)
  }
  if (isNode) parents.pop()
}

const isSpecial = (node: Node): boolean =>
  node.generator || node.returnType?.typeAnnotation?.asserts === true || node.params[0]?.name === 'this'

const nameOf = (node: Node, parents: readonly Node[]): string => {
  const parent = parents.at(-1)
  const own = node.id?.name ?? node.key?.name
  if (own !== undefined) return own
  if (parent?.type === 'CallExpression') return `${calleeOf(parent.callee)}(…)`
  return parent?.id?.name ?? parent?.key?.name ?? 'without a name'
}

const calleeOf = (callee: Node): string => callee.name ?? callee.property?.name ?? calleeOf(callee.callee ?? { name: 'call' })

/** The texts that a call ends with, as one path. */
const joined = ({ callee, arguments: given }: ESTree.CallExpression): string[] => {
  if (!/^(join|resolve)$/.test(calleeOf(callee))) return []
  const texts: string[] = []
  for (const each of given.toReversed()) {
    if (each.type !== 'Literal' || typeof each.value !== 'string') break
    texts.unshift(each.value)
  }
  return texts.length > 1 ? [texts.join('/')] : []
}

const lineFinder = (text: string) => {
  const ends: number[] = []
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at)
  return (offset: number): number => {
    let low = 0
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1
      if ((ends[middle] ?? 0) < offset) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}
