/** What may import what. Pure: from sources to sentences. */
import { posix } from 'node:path'

export interface Source {
  /** From the repository's root, such as `services/payment/src/http.ts`. */
  readonly path: string
  readonly text: string
}

const imports = (text: string): string[] =>
  [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm,
    ),
  ].map((m) => m[1] ?? m[2] ?? m[3] ?? '')

/** A file with a decider is an aggregate: its clock, its chance and its surroundings come in as values. */
const isAggregate = ({ text }: Source): boolean => /\bDecider</.test(text)
const impure = /\b(Date\.now|new Date\(|Math\.random|randomUUID|process\.|console\.|setTimeout|fetch\()/

const kit = /^@shop\/(choreography|manifest|messaging|participant|service-host|store-postgres|store-mongo|transport-kafka)(\/|$)/

/** One sentence for each import, or use of the outside, that the architecture does not allow. */
export const violations = (source: Source): string[] => {
  const { path, text } = source
  const found: string[] = []
  const [top, name] = path.split('/')
  for (const target of imports(text)) {
    if (top === 'services') {
      if (target.startsWith('@shop/') && !kit.test(target))
        found.push(`${path} imports ${target}: a service never imports a service`)
      if (target.startsWith('.') && !posix.join(posix.dirname(path), target).startsWith(`services/${name}/`))
        found.push(`${path} imports ${target}: a service imports nothing outside its own folder but packages`)
      if (isAggregate(source) && target !== '@shop/choreography') found.push(`${path} imports ${target}: an aggregate is pure`)
    }
    if (top === 'packages' && name === 'choreography' && target.startsWith('@shop/') && target !== '@shop/manifest')
      found.push(`${path} imports ${target}: the choreography is data that depends on the manifest alone`)
    if (top === 'packages' && name === 'manifest' && !target.startsWith('.'))
      found.push(`${path} imports ${target}: the manifest is data that depends on nothing`)
    if (top === 'packages' && name === 'messaging' && target.startsWith('@shop/'))
      found.push(`${path} imports ${target}: the kit knows no shop`)
  }
  const outside = top === 'services' && isAggregate(source) ? impure.exec(text)?.[0] : undefined
  if (outside !== undefined) found.push(`${path} uses ${outside}: an aggregate is pure`)
  return found
}
