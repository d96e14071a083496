import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { choreographyPage, withDiagram } from './mermaid.ts'

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')

test('docs/choreography.md is current (else run: npm run docs)', () => {
  expect(read('docs/choreography.md')).toBe(choreographyPage())
})

test('the diagram in README.md is current (else run: npm run docs)', () => {
  expect(read('README.md')).toBe(withDiagram(read('README.md')))
})
