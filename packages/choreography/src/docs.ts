/** `npm run docs`: writes the pages that are derived from the choreography. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { choreographyPage } from './mermaid.ts'

const docs = new URL('../../../docs/', import.meta.url)
mkdirSync(docs, { recursive: true })
writeFileSync(new URL('choreography.md', docs), choreographyPage())
console.log('wrote docs/choreography.md')
