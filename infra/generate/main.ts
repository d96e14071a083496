/** `npm run generate`: writes what is derived from the manifest, files and parts of files (and, by its script, what `npm run docs` writes). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedFiles, root } from './files.ts'

for (const { path, text } of generatedFiles()) {
  const file = join(root, path)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  writeFileSync(file, text)
  console.log(`wrote ${path}`)
}
