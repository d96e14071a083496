/** Vitest's global set-up: the shop with its dashboard and the built page. */
import { buildPage } from '@shop/infra/embedded'
import type { TestProject } from 'vitest/node'
import { provideShop } from '../scenarios/embedded.ts'
import { findChromium } from './chromium.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    chromium: string
  }
}

export default async (project: TestProject) => {
  const chromium = findChromium()
  if (chromium === undefined) throw new Error('Chromium was there and is gone')
  project.provide('chromium', chromium)
  await buildPage((line) => console.log(line))
  return provideShop(project, { dashboard: true })
}
