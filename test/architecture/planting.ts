import { type Repository, repositoryOf } from './repository.ts'

/** Path from the root → text. */
export type Files = Record<string, string>

export const packageJson = (name: string, more: object = {}) => JSON.stringify({ name, ...more })
const packages: Files = {
  'package.json': packageJson('', { devDependencies: { vitest: '1' } }),
  'packages/choreography/package.json': packageJson('@shop/choreography', { exports: { '.': './src/index.ts' } }),
  'packages/choreography/src/index.ts': 'export const pivot = 1',
  'packages/messaging/package.json': packageJson('@shop/messaging', { exports: { '.': './src/index.ts' } }),
  'packages/messaging/src/index.ts': 'export const newId = () => 1',
  'services/payment/package.json': packageJson('@shop/payment', {
    dependencies: { '@shop/choreography': '*', '@shop/messaging': '*' },
  }),
  'tools/package.json': packageJson('@shop/tools', { exports: { './running-shop': './running-shop/index.ts' } }),
  'tools/running-shop/index.ts': 'export const shop = 1',
  'infra/package.json': packageJson('@shop/infra', { exports: { './embedded': './embedded/index.ts' } }),
  'infra/embedded/index.ts': 'export const start = 1',
  'test/package.json': packageJson('@shop/test'),
  'test/bench/load.ts': 'export const load = 1',
}
/** A small repository with these files in it. */
export const planted = (files: Files): Repository => repositoryOf(new Map(Object.entries({ ...packages, ...files })))
