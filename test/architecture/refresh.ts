/** `npm run architecture:refresh`: takes from exceptions.json what is none any more. It adds nothing, and lets nothing grow. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Exceptions, shrunk } from './exceptions.ts'
import { sizesOf } from './measures.ts'
import { readRepository } from './read-repository.ts'
import { rules } from './rules.ts'

const file = join(import.meta.dirname, 'exceptions.json')
const repository = readRepository()
const listed: Exceptions = JSON.parse(readFileSync(file, 'utf8'))
const now = { breaches: Object.values(rules).flatMap((rule) => rule(repository)), sizes: sizesOf(repository) }
const { breaches, sizes } = shrunk(listed, now)
writeFileSync(file, `${JSON.stringify({ breaches, sizes }, null, 2)}\n`)
console.log(
  `exceptions: breaches ${listed.breaches.length} → ${breaches.length}, sizes ${Object.keys(listed.sizes).length} → ${Object.keys(sizes).length}`,
)
