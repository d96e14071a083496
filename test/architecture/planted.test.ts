import { describe, expect, test } from 'vitest'
import { type Files, packageJson, planted } from './planting.ts'
import { rules } from './rules.ts'

const decider = "import { type Decider } from '@shop/choreography'\n"

type Case = [what: string, rule: string, files: Files, sentence: RegExp]

const roomsImport = 'each room imports only what it may'
const imports = (what: string, from: string, target: string, sentence: RegExp): Case => [
  what,
  roomsImport,
  { [from]: `import '${target}'` },
  sentence,
]
const breaches: Case[] = [
  imports(
    'the shop in the messaging core',
    'packages/messaging/src/relay.ts',
    '@shop/choreography',
    /may import no other package/,
  ),
  imports(
    'the core in the choreography',
    'packages/choreography/src/define.ts',
    '@shop/messaging',
    /may import packages\/manifest/,
  ),
  imports('the core in the host', 'packages/service-host/src/app.ts', '@shop/messaging', /may import no other package/),
  imports(
    'the choreography in a store driver',
    'packages/store-mongo/src/store.ts',
    '@shop/choreography',
    /may import packages\/messaging/,
  ),
  imports(
    'the choreography in a transport',
    'packages/transport-kafka/src/a.ts',
    '@shop/choreography',
    /may import packages\/messaging/,
  ),
  imports(
    'a service in a package',
    'packages/participant/src/a.ts',
    '../../../services/payment/src/payment.ts',
    /packages import packages only/,
  ),
  imports('a tool in a package', 'packages/participant/src/a.ts', '@shop/tools/running-shop', /packages import packages only/),
  imports("a tool in a package's test", 'packages/participant/src/a.test.ts', '@shop/tools/running-shop', /knows packages only/),
  imports('a package of no layer', 'packages/extra/src/a.ts', '@shop/messaging', /stands in no layer/),
  imports('another service', 'services/order/src/http.ts', '@shop/payment', /never imports a service/),
  imports(
    'another service by its path',
    'services/order/src/parts/a.ts',
    '../../../payment/src/store.ts',
    /never imports a service/,
  ),
  [
    'a dynamic import',
    roomsImport,
    { 'services/order/src/http.ts': "await import('../../payment/src/store.ts')" },
    /never imports a service/,
  ],
  [
    'a re-export',
    roomsImport,
    { 'services/order/src/http.ts': "export { x } from '../../payment/src/store.ts'" },
    /never imports a service/,
  ],
  imports('a tool in a service', 'services/order/src/http.ts', '@shop/tools/running-shop', /nothing outside its own folder/),
  imports('infra in a service', 'services/order/src/http.ts', '@shop/infra/embedded', /nothing outside its own folder/),
  imports("the page in the service's store", 'services/dashboard/page/src/app.tsx', '../../src/store.ts', /by src\/api.ts only/),
  imports('infra in a tool', 'tools/check/main.ts', '@shop/infra/embedded', /never infra/),
  imports('test in a tool', 'tools/check/main.ts', '../../test/bench/load.ts', /never test/),
  imports('infra in a variant', 'variants/orchestrated/src/main.ts', '@shop/infra/embedded', /never infra/),
  imports(
    "a service's wiring in a variant",
    'variants/orchestrated/src/a.ts',
    '../../../services/payment/src/main.ts',
    /wired by itself/,
  ),
  imports('a service in infra', 'infra/embedded/shop.ts', '../../services/payment/src/init.ts', /infra imports packages/),
  imports('another part of the tools in infra', 'infra/embedded/shop.ts', '../../tools/check/main.ts', /infra imports packages/),
  imports('test in infra', 'infra/embedded/shop.ts', '../../test/bench/load.ts', /nothing imports test/),
  imports('a service in an experiment', 'labs/semantics/run.ts', '@shop/payment', /labs import packages/),
  imports('an experiment in a tool', 'tools/check/main.ts', '../../labs/random.ts', /imports an experiment/),
  imports('an experiment in a service', 'services/payment/src/a.ts', '../../../labs/random.ts', /imports an experiment/),
  [
    'what is gone',
    'what is imported is there',
    { 'services/order/src/http.ts': "import './gone.ts'" },
    /gone.ts, which is not there/,
  ],
  [
    'two databases',
    'a service has one store driver',
    {
      'services/order/package.json': packageJson('@shop/order', {
        dependencies: { '@shop/store-mongo': '*', '@shop/store-postgres': '*' },
      }),
    },
    /one store driver/,
  ],
  [
    'a database in an aggregate',
    'aggregates are pure',
    { 'services/payment/src/payment.ts': `${decider}import pg from 'pg'` },
    /imports pg.*pure/,
  ],
  [
    'a clock in an aggregate',
    'aggregates are pure',
    { 'services/payment/src/payment.ts': `${decider}Date.now()` },
    /uses Date.now/,
  ],
  [
    'the time in an aggregate',
    'aggregates are pure',
    { 'services/payment/src/payment.ts': `${decider}new Date()` },
    /uses new Date/,
  ],
  [
    'chance in an aggregate',
    'aggregates are pure',
    { 'services/payment/src/payment.ts': `${decider}const r = Math.random` },
    /uses Math.random/,
  ],
  [
    'a log in an aggregate',
    'aggregates are pure',
    { 'services/payment/src/payment.ts': `${decider}console.log(1)` },
    /uses console.log/,
  ],
  [
    'a file behind an aggregate',
    'aggregates are pure',
    { 'services/payment/src/payment.ts': `${decider}import './fees.ts'`, 'services/payment/src/fees.ts': "import 'node:fs'" },
    /fees.ts imports node:fs/,
  ],
  ['an interval', 'the wall clock is for times, not for intervals', { 'tools/a.ts': 'Date.now()' }, /a.ts reads the wall clock/],
  ['a listed clock', 'the wall clock is for times, not for intervals', { 'packages/messaging/src/uuid.ts': '' }, /no more/],
  [
    'a file read by the choreography',
    'choreography and manifest are data',
    { 'packages/choreography/src/a.ts': "import 'node:fs'" },
    /are data/,
  ],
  [
    "a service's store in a tool",
    'tools take only pure files of services',
    { 'tools/check/a.ts': "import '../../services/payment/src/store.ts'", 'services/payment/src/store.ts': "import 'pg'" },
    /store.ts imports pg/,
  ],
  [
    'a clock behind a tool',
    'tools take only pure files of services',
    { 'tools/check/a.ts': "import '../../services/payment/src/a.ts'", 'services/payment/src/a.ts': 'Date.now()' },
    /uses Date.now/,
  ],
  [
    'what nobody lists',
    'what is imported is a listed dependency',
    { 'services/payment/src/a.ts': "import 'pg'" },
    /does not list/,
  ],
  [
    'a dev dependency in what ships',
    'what is imported is a listed dependency',
    { 'services/payment/src/a.ts': "import 'vitest'" },
    /dev dependency/,
  ],
  ['what nobody imports', 'dependencies are used', {}, /payment\/package.json lists @shop\/choreography, which no file/],
  [
    'what tests import',
    'dependencies are not for tests alone',
    { 'services/payment/src/a.test.ts': "import '@shop/messaging'" },
    /make it a dev dependency/,
  ],
  [
    'a cycle, of types too',
    'imports have no cycles',
    { 'tools/a.ts': "import './b.ts'", 'tools/b.ts': "import type { C } from './c.ts'", 'tools/c.ts': "import './a.ts'" },
    /tools\/a.ts, tools\/b.ts, tools\/c.ts import each other/,
  ],
  [
    'a file that only a dead one imports',
    'no file is dead',
    { 'tools/a.ts': "import './b.ts'", 'tools/b.ts': '' },
    /tools\/b.ts is neither/,
  ],
  ['an export', 'no export is dead', { 'tools/a.ts': 'export const x = 1' }, /tools\/a.ts exports x/],
  [
    'an export that is only passed on',
    'no export is dead',
    { 'tools/a.ts': 'export const x = 1', 'tools/index.ts': "export * from './a.ts'" },
    /tools\/a.ts exports x/,
  ],
  ['a path in quotes', 'a source that is named is there', { 'tools/a.ts': "join(here, '..', 'b.ts')" }, /names ..\/b.ts/],
  [
    'a path into test in code',
    'nothing outside test starts or ships what is in it',
    { 'tools/a.ts': "join(root, 'test', 'bench', 'load.ts')" },
    /names test\/bench\/load.ts/,
  ],
  [
    'a copy of test',
    'nothing outside test starts or ships what is in it',
    { 'infra/docker/Dockerfile': 'COPY test test' },
    /ships/,
  ],
  [
    'a container that starts test',
    'nothing outside test starts or ships what is in it',
    { 'docker-compose.yml': 'command: [node, test/bench/load.ts]' },
    /ships/,
  ],
  [
    'a script that starts test',
    'nothing outside test starts or ships what is in it',
    { 'package.json': packageJson('', { scripts: { start: 'node test/bench/load.ts' } }) },
    /only test commands/,
  ],
  ['a file nameLikeThis', 'names are in kebab-case', { 'tools/runningShop.ts': '' }, /named-like-this/],
  ['a page NamedSo', 'names are in kebab-case', { 'services/dashboard/page/src/App.tsx': '' }, /named-like-this/],
  ['a program named_so', 'names are in kebab-case', { 'infra/boot_strap.mjs': '' }, /named-like-this/],
  ['a folder', 'every folder is on the map', { 'docs/ARCHITECTURE.md': '`test/bench`' }, /infra\/embedded is not on the map/],
  [
    'a path that a document names',
    'what documents name is there',
    { 'docs/ARCHITECTURE.md': 'by `tools/gone/main.ts`' },
    /names tools\/gone\/main.ts/,
  ],
  ['a source that a document names', 'what documents name is there', { 'README.md': 'see `goneAway.ts`' }, /names goneAway.ts/],
  ['a head', 'decisions have one form', { 'docs/decisions/0001-a.md': '# 1. A\n' }, /begins otherwise/],
  [
    'a decision that the index has not',
    'decisions have one form',
    { 'docs/decisions/0001-a.md': '# 0001 A\n\n2026-11-23, accepted.\n' },
    /add the line "- \[0001\]\(0001-a.md\) A"/,
  ],
  ['a number in short', 'decisions have one form', { 'README.md': 'as decision 11 says' }, /written like decision 0011/],
]

describe('a planted breach is named', () => {
  test.each(breaches)('%s: %s', (_what, rule, files, sentence) => {
    expect(rules[rule]?.(planted(files)).join('\n')).toMatch(sentence)
  })

  test('every rule is shown', () => {
    expect(new Set(breaches.map(([, rule]) => rule))).toEqual(new Set(Object.keys(rules)))
  })
})

describe('what is allowed', () => {
  const allowed: [string, string, Files][] = [
    [
      'a service imports what stands beside it',
      roomsImport,
      { 'services/order/src/parts/a.ts': "import { x } from '../http.ts'" },
    ],
    ["a package's test starts servers", roomsImport, { 'packages/messaging/src/a.test.ts': "import '@shop/infra/embedded'" }],
    ['infra finds a running shop', roomsImport, { 'infra/embedded/shop.ts': "import '@shop/tools/running-shop'" }],
    [
      'tools take an aggregate',
      'tools take only pure files of services',
      { 'tools/a.ts': "import '../services/payment/src/payment.ts'", 'services/payment/src/payment.ts': decider },
    ],
    [
      'a type of a dev dependency',
      'what is imported is a listed dependency',
      { 'services/payment/src/a.ts': "import type { X } from 'vitest'" },
    ],
    [
      'an export that is taken through another file',
      'no export is dead',
      {
        'tools/a.ts': 'export const x = 1',
        'tools/running-shop/index.ts': "export * from '../a.ts'",
        'infra/a.ts': "import { x } from '@shop/tools/running-shop'",
      },
    ],
    [
      'a process of its own',
      'no file is dead',
      { 'tools/main.test.ts': "spawn(join(here, 'child.ts'))\nnew URL('child.ts', here)", 'tools/child.ts': '' },
    ],
    [
      'a test command',
      'nothing outside test starts or ships what is in it',
      { 'package.json': packageJson('', { scripts: { bench: 'node test/bench/load.ts' } }) },
    ],
    ['a class in Java', 'names are in kebab-case', { 'infra/mongo-on-file/QueryPlan.java': '' }],
  ]
  test.each(allowed)('%s', (_what, rule, files) => {
    const before = rules[rule]?.(planted({}))
    expect(
      rules[rule]?.(planted(files)).filter((sentence) => !before?.includes(sentence) && !/infra\/a.ts is neither/.test(sentence)),
    ).toEqual([])
  })
})
