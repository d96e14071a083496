/** What the tutorial does not ask for: a service on MongoDB, one that emits nothing, and what cannot be asked. */
import { createHash } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyRepository } from './copy.ts'
import { Terminal } from './terminal.ts'

const copy = copyRepository()
let terminal: Terminal
beforeAll(async () => {
  terminal = await Terminal.open(copy.folder, [])
})
afterAll(() => copy.remove())

const run = async (commands: string): Promise<string> => {
  const { output, code } = await terminal.run(commands)
  expect(code, output).toBe(0)
  return output
}

/** Of all sources. */
const digest = (): string => {
  const hash = createHash('sha256')
  for (const path of globSync('{*,{packages,services,tools,infra,test,docs}/**}', { cwd: copy.folder }).toSorted())
    if (statSync(join(copy.folder, path)).isFile()) hash.update(path).update(readFileSync(join(copy.folder, path)))
  return hash.digest('hex')
}

test('what cannot be asked changes nothing, and one line says why', async () => {
  const before = digest()
  const { output, code } = await terminal.run('npm run -s new-service -- gift-cards --database mongo --reacts OrderLost')
  expect({ code, lines: output.trim().split('\n').length }).toEqual({ code: 2, lines: 1 })
  expect(output).toMatch(/^new-service: there is no event OrderLost/)
  expect(digest()).toBe(before)
})

test('a service on MongoDB and one that emits nothing have their types, pass their tests, and fit into all that is checked', async () => {
  await run('npm run -s new-service -- gift-cards --database mongo --reacts PaymentCaptured,OrderConfirmed:CardSent+CardHeld')
  await run('npm run -s new-service -- returns --database postgres --reacts OrderConfirmed')
  for (const service of ['gift-cards', 'returns']) await run(`npm run -s types --workspace services/${service}`)
  await run('npm test --workspace services/gift-cards')
  await run(
    'npx vitest run --root infra generate && npx vitest run --root packages/choreography src/check src/docs src/catalogue',
  )
  await run('npx vitest run --root tools check/invariants')
  await run('npx tsc -p test')
  // every kind of kill needs many seeds; that these hold needs few
  const simulated = JSON.parse((await terminal.run('npm run -s simulate -- --seeds 100 --workers 1 --json')).output)
  expect(simulated).toMatchObject({ runs: 100, failedCount: 0 })
}, 240_000)
