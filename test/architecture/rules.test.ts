import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Source, violations } from './rules.ts'

const root = join(import.meta.dirname, '../..')
const sources: Source[] = globSync(['services/*/src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

test('every import is one that the architecture allows', () => {
  const aggregates = sources.filter((s) => /\bDecider</.test(s.text) && s.path.startsWith('services/'))
  expect(aggregates.length).toBeGreaterThanOrEqual(5)
  expect(sources.flatMap(violations)).toEqual([])
})

test('a folder within a service may import what stands beside it', () => {
  expect(violations({ path: 'services/order/src/parts/a.ts', text: "import { x } from '../http.ts'" })).toEqual([])
})

describe('a planted import is named', () => {
  const aggregate = "import { type Decider } from '@shop/choreography'\nconst d: Decider<'payment', 1> = {}\n"
  const planted: [string, Source, RegExp][] = [
    [
      'another service',
      { path: 'services/order/src/http.ts', text: "import { x } from '@shop/payment'" },
      /never imports a service/,
    ],
    [
      'another service by its path',
      { path: 'services/order/src/http.ts', text: "import {\n x,\n} from '../../payment/src/store.ts'" },
      /outside/,
    ],
    [
      'another service from a folder within',
      { path: 'services/order/src/parts/a.ts', text: "import { x } from '../../../payment/src/store.ts'" },
      /outside/,
    ],
    ['a dynamic import', { path: 'services/order/src/http.ts', text: "await import('../../payment/src/store.ts')" }, /outside/],
    ['a database in an aggregate', { path: 'services/payment/src/payment.ts', text: `${aggregate}import pg from 'pg'` }, /pure/],
    ['a clock in an aggregate', { path: 'services/payment/src/payment.ts', text: `${aggregate}Date.now()` }, /uses Date.now/],
    ['the shop in the kit', { path: 'packages/messaging/src/relay.ts', text: "import '@shop/choreography'" }, /knows no shop/],
    [
      'the kit in the choreography',
      { path: 'packages/choreography/src/define.ts', text: "export * from '@shop/messaging'" },
      /data/,
    ],
    [
      'the choreography in the manifest',
      { path: 'packages/manifest/src/services.ts', text: "import '@shop/choreography'" },
      /data/,
    ],
  ]
  test.each(planted)('%s', (_what, source, sentence) => {
    expect(violations(source).join('\n')).toMatch(sentence)
  })
})
