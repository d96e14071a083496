/** `npm run docs`: writes what is derived from the choreography, the page docs/choreography.md and the diagram in the README. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { choreographyPage, withDiagram } from './mermaid.ts'

const root = new URL('../../../', import.meta.url)
mkdirSync(new URL('docs/', root), { recursive: true })
writeFileSync(new URL('docs/choreography.md', root), choreographyPage())
const readme = new URL('README.md', root)
writeFileSync(readme, withDiagram(readFileSync(readme, 'utf8')))
console.log('wrote docs/choreography.md and the diagram in README.md')
