/** `npm run docs`: writes what is derived from the choreography, the page docs/choreography.md and the diagram in the README. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { choreographyPage, withDiagram } from './mermaid.ts'

const root = new URL('../../../', import.meta.url)

const write = (path: string, text: string): void => {
  const file = new URL(path, root)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  writeFileSync(file, text)
  console.log(`wrote ${path}`)
}

mkdirSync(new URL('docs/', root), { recursive: true })
write('docs/choreography.md', choreographyPage())
write('README.md', withDiagram(readFileSync(new URL('README.md', root), 'utf8')))
