import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { choreographyPage } from './mermaid.ts'

test('docs/choreography.md is current (else run: npm run docs)', () => {
  expect(readFileSync(new URL('../../../docs/choreography.md', import.meta.url), 'utf8')).toBe(choreographyPage())
})
